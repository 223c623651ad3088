"""The broker dies, goes and comes, stands still, forgets: F01 to F05."""

import time

from aiokafka.admin import AIOKafkaAdminClient

from tests.faults.evidence import Allowance
from tests.faults.fault import Act, Fault
from tests.faults.scene import Scene

_KAFKA = Allowance(shows=frozenset({"kafka"}))
_LOSES_IT = Allowance(shows=frozenset({"kafka"}), disturbs=frozenset({"detect", "io"}))
_LONGEST_POST_S = 8.0
_UNPROCESSED = 50


def killed(*down_s: float) -> Act:
    """As often as there are times; each is how long it stays down."""

    async def act(scene: Scene) -> None:
        began = time.time()
        for seconds in down_s:
            await scene.do(scene.rig.kafka.kill)
            await scene.hold(seconds)
            await scene.do(scene.rig.kafka.start)
            await scene.hold(2.0)
        accepts_meanwhile(scene, began)

    return act


async def _restarted_cleanly(scene: Scene) -> None:
    began = time.time()
    await scene.do(scene.rig.kafka.stop)
    await scene.hold(12.0)
    await scene.do(scene.rig.kafka.start)
    accepts_meanwhile(scene, began)


async def _paused(scene: Scene) -> None:
    began = time.time()
    for pause_s in (5.0, 30.0, 90.0):
        await scene.do(scene.rig.kafka.pause)
        await scene.hold(pause_s)
        await scene.witness()
        await scene.do(scene.rig.kafka.resume)
        await scene.hold(5.0)
    accepts_meanwhile(scene, began)
    longest = scene.longest_s(since=began)
    scene.require(longest < _LONGEST_POST_S, f"a post took {longest:.1f} s")


async def _amnesia(scene: Scene) -> None:
    """The detector stands still, so that fifty are accepted and unprocessed for certain; the
    topics come a little later than the broker, made as at any deployment."""
    rig = scene.rig
    await scene.do(rig.detect.pause)
    began = time.time()
    await scene.until(
        lambda: scene.accepted(since=began) >= _UNPROCESSED, within_s=60, what="50 accepted"
    )
    await scene.keep_records()
    unprocessed = [one for one, state in (await scene.states()).items() if state == "accepted"]
    scene.require(len(unprocessed) >= _UNPROCESSED, f"only {len(unprocessed)} were unprocessed")
    await scene.do(rig.kafka.kill)
    await scene.do(rig.kafka.wipe)
    await scene.do(rig.detect.resume)
    await scene.hold(8.0)
    await scene.do(rig.kafka.start)
    await scene.hold(5.0)
    await scene.do(lambda: rig.command("topics", "create"))


async def _topic_deleted(scene: Scene) -> None:
    rig = scene.rig
    began, exits = time.time(), len(rig.detect.exits)
    await scene.keep_records()
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.delete_topics(["image-submitted"])
    finally:
        await admin.close()
    await scene.hold(15.0)
    await scene.do(lambda: rig.command("topics", "create"))
    restarts = len(rig.detect.exits) - exits
    scene.require(restarts <= 3, f"the detector ended {restarts} times in 15 s")
    accepts_meanwhile(scene, began)


def accepts_meanwhile(scene: Scene, since: float) -> None:
    """A broker outage is a delay: whoever posts is answered 202 as ever."""
    statuses = scene.attempts(since=since)
    scene.require(scene.accepted(since=since), "nothing was accepted without the broker")
    errors = [status for status in statuses if status not in {200, 202}]
    scene.require(not errors, f"{len(errors)} of {len(statuses)} posts had errors: {errors[:5]}")


FAULTS = (
    Fault(
        "F01", "broker killed, five times", "posts are answered 202 as ever; drains within 60 s",
        killed(12.0, 2.0, 2.0, 2.0, 2.0), _KAFKA,
    ),
    Fault(
        "F02", "broker restarted cleanly", "no client has an error", _restarted_cleanly, _KAFKA,
    ),
    Fault(
        "F03", "broker paused 5, 30 and 90 s",
        "no second outcome after the thaw; posts stay short; shown degraded, alive",
        _paused, _KAFKA,
    ),
    Fault(
        "F04", "broker without its data, topics later",
        "the 50 that were accepted and unprocessed all get an outcome, by nobody's doing",
        _amnesia, _LOSES_IT,
    ),
    Fault(
        "F05", "a topic deleted", "it fails clearly, in no crash loop; made again, all go on",
        _topic_deleted, Allowance(disturbs=frozenset({"detect", "io"})),
    ),
)  # fmt: skip

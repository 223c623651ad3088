"""The broker dies, goes and comes, stands still, forgets, and has bad links: F01 to F07."""

import time

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene

_KAFKA = Allowance(shows=frozenset({"kafka"}))


async def _accepts_meanwhile(scene: Scene, since: float) -> None:
    """A broker outage is a delay: whoever posts is answered 202 as ever."""
    statuses = scene.attempts(since=since)
    scene.require(scene.accepted(since=since), "nothing was accepted without the broker")
    errors = [status for status in statuses if status not in {200, 202}]
    scene.require(not errors, f"{len(errors)} of {len(statuses)} posts had errors: {errors[:5]}")


async def _killed_five_times(scene: Scene) -> None:
    began = time.time()
    for down_s in (12.0, 2.0, 2.0, 2.0, 2.0):
        await scene.do(scene.rig.kafka.kill)
        await scene.hold(down_s)
        await scene.do(scene.rig.kafka.start)
        await scene.hold(2.0)
    await _accepts_meanwhile(scene, began)


FAULTS = (
    Fault(
        "F01", "broker killed, five times", "posts are accepted as ever; drained within 60 s",
        _killed_five_times, _KAFKA,
    ),
)  # fmt: skip

"""The log tells everything again: F36."""

import itertools

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.messages import producer
from tests.faults.scene import Scene
from tests.faults.topic_scan import lags, places_of, records_since, until_worked_off

_AGAIN = ("image-requested", "image-submitted", "image-analyzed")
_RECORDS, _TIMES = 30, 10
_REPLAY_S = 300.0


async def replayed(scene: Scene) -> None:
    """Every group begins at the beginning of every topic it works, older poison included; then
    some records come ten times more."""
    rig = scene.rig
    for process in (rig.detect, rig.io):
        await scene.do(process.stop)
    await scene.witness()
    rows, servers = len(await scene.rows()), rig.kafka.bootstrap_servers
    was = scene.load.rate
    scene.load.rate = 0.0
    rewound = {(one.group, one.topic) for one in await lags(servers)}
    for group, pairs in itertools.groupby(sorted(rewound), key=lambda pair: pair[0]):
        topics = {topic for _, topic in pairs}
        await _rewind(
            servers, group, [one for one in await places_of(servers) if one.topic in topics]
        )
    for process in (rig.detect, rig.io):
        process.start()
    await rig.until_ready()
    await _ten_times(scene)
    left = [one for one in await until_worked_off(servers, within_s=_REPLAY_S) if one.records]
    scene.require(not left, f"the replay was not worked off: {left[:3]}")
    now = len(await scene.rows())
    late = sum(one.outcome == "ok" for one in scene.ledger.operations) - rows
    scene.require(now <= rows + max(0, late), f"{now - rows} rows more after the replay")
    scene.load.rate = was


async def _rewind(servers: str, group: str, everywhere: list[TopicPartition]) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(everywhere)
        starts = await consumer.beginning_offsets(everywhere)
        await consumer.commit(starts)
    finally:
        await consumer.stop()


async def _ten_times(scene: Scene) -> None:
    records = await records_since(scene.rig.kafka.bootstrap_servers, {})
    ours = [one for one in records if one.names.partition("/")[0] in scene.tenants]
    async with producer(scene) as out:
        for topic in _AGAIN:
            for one in [one for one in ours if one.topic == topic][:_RECORDS]:
                for _ in range(_TIMES):
                    await out.send_and_wait(
                        topic, one.value, key=one.names.encode(), headers=list(one.headers)
                    )


FAULTS = (
    Fault(
        "F36", "every topic replayed from its beginning, records ten times more",
        "no new row, no change, nobody told twice",
        replayed, Allowance(disturbs=frozenset({"detect", "io"}), dead_letters=True),
    ),
)  # fmt: skip

"""A bucket that refuses, a broker that stops and one that forgets: hold, and lose nothing."""

import asyncio
import time

import pytest

from tests.integration.processors.flow import Flow, all_told, check_results
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.support.eventually import eventually
from tests.support.services.kafka import Kafka
from tests.support.services.s3 import S3
from tests.support.within import crowd
from topics.admin import create_topics
from topics.catalog import DEAD_LETTERS, IMAGE_ANALYZED, IMAGE_SUBMITTED

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]


async def hold_and_drain(flow: Flow, s3: S3, *, count: int, hold_s: float, **times: float) -> None:
    """A backlog larger than all that a worker takes in, none of which can be worked for a while."""
    names = [IMAGE_ANALYZED.name, *(topic.name for topic in DEAD_LETTERS)]
    async with Outlet.opened(flow.kafka, names) as outlet:
        submitted = [flow.announced(number) for number in range(1, count + 1)]
        await flow.store(submitted)
        worker = await flow.start("detect", **times)
        s3.stop()
        await asyncio.gather(*(flow.publisher.publish(event) for event in submitted))
        until = time.monotonic() + hold_s
        await eventually(lambda: "bucket" in worker.health().get("holding", ()))
        while time.monotonic() < until:
            assert worker.running, worker.log
            assert worker.health()["live"], worker.log
            await outlet.read(for_s=1)
        assert 'analyzer_dependency_up{dependency="bucket"} 0.0' in worker.ask("/metrics")[1]
        assert not outlet.records

        s3.start()
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=60)
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=10)
        assert check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant)).total() == count
        assert len(outlet.records) == count, "no dead letter, nobody else's result"
        assert worker.ask("/ready")[0] == 200


async def test_a_hold_longer_than_every_group_timeout_drains_afterwards(
    flow: Flow, s3_to_break: S3
) -> None:
    """Session and rebalance time out after 6 and 8 s here; the stream buffers 256 messages."""
    await hold_and_drain(flow, s3_to_break, count=700, hold_s=14)


@pytest.mark.slow
async def test_a_hold_of_150_seconds_with_the_times_of_production(
    flow: Flow, s3_to_break: S3
) -> None:
    times = {"session_timeout_s": 20, "rebalance_timeout_s": 60, "drain_s": 10, "hold_probe_s": 5,
             "stuck_after_s": 90, "live_grace_s": 20, "live_every_s": 5}  # fmt: skip
    await hold_and_drain(flow, s3_to_break, count=1500, hold_s=150, **times)


async def test_work_goes_on_after_the_broker_was_gone_for_20_seconds(
    flow: Flow, kafka_to_break: Kafka
) -> None:
    worker = await flow.start("detect")
    submitted = await flow.submit(20)
    await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=20)
    kafka_to_break.stop()
    await eventually(lambda: "kafka" in worker.health().get("holding", ()), within_s=20)
    await asyncio.sleep(18)
    kafka_to_break.start()
    if not worker.running:
        assert worker.exit_code(within_s=1) != 0
        worker = await flow.start("detect")
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        submitted = await flow.submit(20)
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=40)
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=20)
    await eventually(lambda: worker.ask("/ready")[0] == 200)


async def test_a_worker_whose_broker_has_forgotten_the_topics_ends_to_be_started_again(
    flow: Flow, kafka_to_break: Kafka
) -> None:
    worker = await flow.start("detect", live_grace_s=4.0)
    kafka_to_break.stop()
    kafka_to_break.wipe()
    kafka_to_break.start()
    assert await asyncio.to_thread(worker.exit_code, within_s=40) not in {0, None}
    assert "topics missing: image-submitted" in worker.log


async def test_a_worker_stops_in_bounded_time_while_the_broker_is_gone(
    flow: Flow, kafka_to_break: Kafka
) -> None:
    """With work that it cannot announce: that is unacknowledged, and worked again by the next."""
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        worker = await flow.start("detect", twin_delay_s=1.0)
        submitted = await flow.submit(40)
        await outlet.until(lambda: len(outlet.records) >= 16, within_s=20)
        kafka_to_break.kill()
        await eventually(lambda: "kafka" in worker.health().get("holding", ()), within_s=20)
        began = time.monotonic()
        worker.terminate()
        code = await asyncio.to_thread(worker.exit_code, within_s=30)
        assert code == 0
        assert time.monotonic() - began < 15 * crowd()

        kafka_to_break.start()
        await flow.start("detect")
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=40)
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=20)
        check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))


async def test_a_broker_that_lost_its_disk_is_worked_again_once_the_topics_are_there(
    flow: Flow, kafka_to_break: Kafka
) -> None:
    """By the same process, or by the one that takes its place after it has ended with an error."""
    worker = await flow.start("detect")
    await flow.submit(40)
    await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=20)
    kafka_to_break.stop()
    kafka_to_break.wipe()
    kafka_to_break.start()
    await create_topics(flow.kafka)
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        submitted = await flow.submit(20)
        until = time.monotonic() + 60
        while not all_told(submitted, outlet.records):
            assert time.monotonic() < until, worker.log
            await outlet.read(for_s=0.5)
            if not worker.running:
                assert worker.exit_code(within_s=1) != 0
                worker = await flow.start("detect")
        check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))

"""A commit that outlived its log skips nothing of the next one; all others count as ever."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from tests.integration.processors.flow import Flow, all_told, check_results
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.integration.topics.groups import commit, ends
from topics.catalog import IMAGE_ANALYZED, IMAGE_SUBMITTED
from topics.group_offsets import committed_offsets
from topics.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]

_GROUP = IMAGE_SUBMITTED.groups[0]


async def commit_ends(flow: Flow, metadata: str) -> None:
    """Past all that is in the topic, as a client of that log does."""
    reached = await ends(flow.kafka, IMAGE_SUBMITTED.name)
    named = {place: OffsetAndMetadata(offset, metadata) for place, offset in reached.items()}
    await _commit(flow.kafka, named)


async def _commit(
    settings: KafkaSettings, offsets: dict[tuple[str, int], OffsetAndMetadata]
) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, group_id=_GROUP, enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = {TopicPartition(*place): offset for place, offset in offsets.items()}
        consumer.assign(list(places))
        await consumer.commit(places)
    finally:
        await consumer.stop()


async def test_what_a_commit_of_another_log_would_skip_is_worked(flow: Flow) -> None:
    submitted = await flow.submit(20)
    await commit_ends(flow, "the identity of a log that was")
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        await flow.start("detect")
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=40)
        check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))


async def test_what_an_operator_skips_and_what_the_worker_has_done_stays_so(flow: Flow) -> None:
    skipped = await flow.submit(5)
    reached = await ends(flow.kafka, IMAGE_SUBMITTED.name)
    await commit(flow.kafka, _GROUP, reached)
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        worker = await flow.start("detect")
        submitted = await flow.submit(10)
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=40)
        await until_worked_off(flow.kafka, _GROUP, [IMAGE_SUBMITTED], within_s=20)
        worker.terminate()
        assert worker.exit_code(within_s=20) == 0
        await flow.start("detect")
        later = await flow.submit(5)
        await outlet.until(lambda: all_told(later, outlet.records), within_s=40)
        told = check_results([*submitted, *later], outlet.of(IMAGE_ANALYZED, flow.tenant))
    assert told.total() == 15
    assert not {event.key for event in skipped} & set(told)
    places = [TopicPartition(IMAGE_SUBMITTED.name, n) for n in range(flow.kafka.partitions)]
    assert await committed_offsets(flow.kafka, _GROUP, places)

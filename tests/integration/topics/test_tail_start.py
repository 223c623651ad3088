"""Where a tail begins, and which ranges of the log can be read again."""

from contextlib import AsyncExitStack

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from tests.integration.topics.conftest import started_publisher, started_tail
from tests.integration.topics.groups import admin, commit, ends
from tests.support.eventually import eventually
from topics.errors import LogUnavailableError
from topics.positions import Positions
from topics.records import OutgoingRecord, Record
from topics.settings import KafkaSettings

pytestmark = pytest.mark.kafka


async def write(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str, count: int
) -> list[bytes]:
    """That many records under one key, so that they lie in one partition; their values."""
    publisher = await started_publisher(settings, releases)
    values = [b"%s %d" % (tenant.encode(), number) for number in range(count)]
    for value in values:
        await publisher.forward(OutgoingRecord("analysis-failed", tenant.encode(), value, ()))
    return values


def values_of(records: list[Record], tenant: str) -> list[bytes | None]:
    return [record.value for record in records if record.key == tenant.encode()]


async def test_it_starts_where_the_recorder_stands(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str, group: str
) -> None:
    await write(settings, releases, tenant, 5)
    recorded = await ends(settings, "analysis-failed")
    await commit(settings, group, recorded)
    later = await write(settings, releases, tenant, 3)

    seen: list[Record] = []
    await started_tail(settings, releases, seen.append, follow_group=group)
    await eventually(lambda: len(values_of(seen, tenant)) == 3)
    assert values_of(seen, tenant) == later
    assert all(
        record.offset >= recorded[record.topic, record.partition]
        for record in seen
        if record.topic == "analysis-failed"
    )


async def test_it_starts_no_further_back_than_it_is_told(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str, group: str
) -> None:
    values = await write(settings, releases, tenant, 10)
    near = settings.model_copy(update={"tail_max_back": 4})
    seen: list[Record] = []
    await started_tail(near, releases, seen.append, follow_group=group)
    await eventually(lambda: len(values_of(seen, tenant)) == 4)
    assert values_of(seen, tenant) == values[-4:]


async def test_what_was_deleted_from_the_log_cannot_be_read_and_is_said(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    await write(settings, releases, tenant, 3)
    await eventually(lambda: len(values_of(seen, tenant)) == 3)
    first, *_, last = [record for record in seen if record.key == tenant.encode()]
    place = (first.topic, first.partition)
    start, stop = Positions({place: first.offset}), Positions({place: last.offset + 1})
    assert len([record async for record in tail.read_range(start, stop)]) == 3

    async with admin(settings) as client:
        await client.delete_records({TopicPartition(*place): RecordsToDelete(first.offset + 1)})
    with pytest.raises(LookupError, match="no longer in the log"):
        _ = [record async for record in tail.read_range(start, stop)]
    shorter = Positions({place: first.offset + 1})
    assert len([record async for record in tail.read_range(shorter, stop)]) == 2


async def test_a_range_past_the_end_is_not_waited_for_in_vain(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    await write(settings, releases, tenant, 1)
    await eventually(lambda: len(values_of(seen, tenant)) == 1)
    record = next(record for record in seen if record.key == tenant.encode())
    place = (record.topic, record.partition)
    beyond = Positions({place: record.offset + 10})
    with pytest.raises(LogUnavailableError):
        _ = [r async for r in tail.read_range(Positions({place: record.offset}), beyond)]
    far = Positions({place: record.offset + 20})
    with pytest.raises(LogUnavailableError):
        _ = [r async for r in tail.read_range(beyond, far)]


async def test_a_callback_that_fails_once_does_not_end_the_tail(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str, group: str
) -> None:
    values = await write(settings, releases, tenant, 2)
    await commit(settings, group, await ends(settings, "analysis-failed"))
    seen: list[Record] = []

    def fail_once(record: Record) -> None:
        seen.append(record)
        if len(values_of(seen, tenant)) == 1:
            raise RuntimeError("a fault of ours")

    await started_tail(settings, releases, fail_once, follow_group=group)
    values = await write(settings, releases, tenant, 2)
    await eventually(lambda: values_of(seen, tenant)[-2:] == values)

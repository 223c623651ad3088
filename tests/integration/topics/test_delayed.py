"""Retry topics flow back to their origin: not before the time, at least once, past outages."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from tests.integration.topics.conftest import started_publisher
from tests.integration.topics.groups import commit, ends
from tests.support.events import analysis_failed, image_submitted, record_of
from tests.support.eventually import eventually
from tests.support.services.kafka import Kafka
from topics.dead_letters import Refusal, dead_letter
from topics.delayed import DelayedForwarder, Refuse
from topics.errors import LogUnavailableError
from topics.group_offsets import committed_offsets
from topics.publisher import KafkaPublisher
from topics.records import Record
from topics.retries import later, rounds_so_far
from topics.settings import KafkaSettings
from topics.tail import to_record

pytestmark = pytest.mark.kafka


class Returned:
    """What arrived on the main topics since the start of the test."""

    def __init__(self) -> None:
        self.records: list[tuple[Record, float]] = []

    async def read(self, consumer: AIOKafkaConsumer) -> None:
        async for message in consumer:
            self.records.append((to_record(message), time.time()))

    def of(self, key: str) -> list[tuple[Record, float]]:
        return [found for found in self.records if found[0].key == key.encode()]


@pytest.fixture
async def returned(settings: KafkaSettings) -> AsyncIterator[Returned]:
    consumer = AIOKafkaConsumer(
        "image-submitted", "analysis-failed", bootstrap_servers=settings.bootstrap_servers,
        auto_offset_reset="earliest",
    )  # fmt: skip
    await consumer.start()
    found = Returned()
    reading = asyncio.create_task(found.read(consumer))
    yield found
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    await consumer.stop()


@pytest.fixture
async def publisher(settings: KafkaSettings, releases: AsyncExitStack) -> KafkaPublisher:
    return await started_publisher(settings, releases)


def to_letters(publisher: KafkaPublisher) -> Refuse:
    """Sets aside what fits a dead letter."""

    async def refuse(record: Record, refusal: Refusal) -> None:
        await publisher.forward(dead_letter(record, refusal))

    return refuse


@pytest.fixture
async def forwarding(
    settings: KafkaSettings, publisher: KafkaPublisher, releases: AsyncExitStack
) -> "asyncio.Task[None]":
    return await start_forwarding(settings, publisher, releases)


async def start_forwarding(
    settings: KafkaSettings, publisher: KafkaPublisher, releases: AsyncExitStack
) -> "asyncio.Task[None]":
    task = asyncio.create_task(DelayedForwarder(settings, publisher, to_letters(publisher)).run())

    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    releases.push_async_callback(end)
    return task


async def test_each_record_returns_to_its_origin_when_it_is_due(
    forwarding: "asyncio.Task[None]", publisher: KafkaPublisher, returned: Returned, tenant: str
) -> None:
    slow, quick = record_of(image_submitted(tenant)), record_of(analysis_failed(tenant))
    sent_at = time.time()
    await publisher.forward(later(slow, delay_s=3, rounds=2))
    await publisher.forward(later(quick, delay_s=0, rounds=1))
    slow_key, quick_key = (slow.key or b"").decode(), (quick.key or b"").decode()
    await eventually(lambda: returned.of(slow_key) and returned.of(quick_key), within_s=30)

    [(record, came_at)] = returned.of(slow_key)
    assert came_at - sent_at >= 2.99
    assert (record.topic, record.value) == ("image-submitted", slow.value)
    assert rounds_so_far(record) == 2
    kept = tuple(
        header for header in slow.headers if header[0] != "traceparent"
    )  # it has a new one
    assert record.headers[: len(kept)] == kept
    [(record, _)] = returned.of(quick_key)
    assert record.topic == "analysis-failed"
    assert not forwarding.done()


async def test_one_that_waits_holds_back_its_partition_only_until_it_is_due(
    forwarding: "asyncio.Task[None]", publisher: KafkaPublisher, returned: Returned, tenant: str
) -> None:
    record = record_of(image_submitted(tenant))
    key = (record.key or b"").decode()
    for rounds, delay_s in ((1, 2.0), (2, 0.0), (3, 0.0)):
        await publisher.forward(later(record, delay_s=delay_s, rounds=rounds))
    await eventually(lambda: len(returned.of(key)) == 3, within_s=30)
    assert [rounds_so_far(record) for record, _ in returned.of(key)] == [1, 2, 3]
    assert not forwarding.done()


async def test_it_commits_what_was_returned(
    settings: KafkaSettings,
    forwarding: "asyncio.Task[None]",
    publisher: KafkaPublisher,
    returned: Returned,
    tenant: str,
) -> None:
    record = record_of(image_submitted(tenant))
    await publisher.forward(later(record, delay_s=0, rounds=1))
    await eventually(lambda: returned.of((record.key or b"").decode()), within_s=30)
    written = await ends(settings, "image-submitted-retry")
    wanted = {place: offset for place, offset in written.items() if offset}
    deadline = time.monotonic() + 20
    places = [TopicPartition(*place) for place in wanted]
    while not wanted.items() <= (await committed_offsets(settings, "retrier", places)).items():
        assert time.monotonic() < deadline
    assert not forwarding.done()


async def test_what_a_commit_of_another_log_would_skip_is_returned(
    settings: KafkaSettings,
    publisher: KafkaPublisher,
    returned: Returned,
    releases: AsyncExitStack,
    tenant: str,
) -> None:
    record = record_of(image_submitted(tenant))
    await publisher.forward(later(record, delay_s=0, rounds=1))
    reached = await ends(settings, "image-submitted-retry")
    await commit(settings, "retrier", {
        place: OffsetAndMetadata(offset, "the identity of a log that was")
        for place, offset in reached.items()
    })  # fmt: skip
    await start_forwarding(settings, publisher, releases)
    await eventually(lambda: returned.of((record.key or b"").decode()), within_s=30)


async def test_what_an_operator_has_passed_over_stays_so(
    settings: KafkaSettings,
    publisher: KafkaPublisher,
    returned: Returned,
    releases: AsyncExitStack,
    tenant: str,
) -> None:
    skipped, due = record_of(image_submitted(tenant)), record_of(image_submitted(tenant))
    await publisher.forward(later(skipped, delay_s=0, rounds=1))
    await commit(settings, "retrier", await ends(settings, "image-submitted-retry"))
    await start_forwarding(settings, publisher, releases)
    for each in (due, record_of(analysis_failed(tenant))):
        await publisher.forward(later(each, delay_s=0, rounds=1))
    await eventually(lambda: returned.of((due.key or b"").decode()), within_s=30)
    assert returned.of((skipped.key or b"").decode()) == []


async def test_it_goes_on_after_an_outage(
    kafka_to_break: Kafka,
    forwarding: "asyncio.Task[None]",
    publisher: KafkaPublisher,
    returned: Returned,
    tenant: str,
) -> None:
    first, second = record_of(image_submitted(tenant)), record_of(image_submitted(tenant))
    await publisher.forward(later(first, delay_s=0, rounds=1))
    await eventually(lambda: returned.of((first.key or b"").decode()), within_s=30)
    kafka_to_break.kill()
    kafka_to_break.start()
    deadline = time.monotonic() + 30
    while True:
        try:
            await publisher.forward(later(second, delay_s=0, rounds=1))
            break
        except LogUnavailableError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    await eventually(lambda: returned.of((second.key or b"").decode()), within_s=60)
    assert not forwarding.done()

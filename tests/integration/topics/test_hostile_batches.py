"""Batches that a real broker takes from a hostile producer stop no reader of ours."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from secrets import token_bytes

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete

from tests.integration.topics.conftest import started_publisher, started_tail
from tests.integration.topics.groups import admin, commit, ends
from tests.support.events import analysis_failed, image_submitted, record_of
from tests.support.eventually import eventually
from tests.support.hostile_batches import Hostile, hostile_batches, produce
from topics.catalog import ANALYSIS_FAILED, IMAGE_SUBMITTED
from topics.dead_letters import Refusal, dead_letter
from topics.delayed import DelayedForwarder
from topics.group_offsets import committed_offsets
from topics.horizon import KafkaBacklogClock
from topics.positions import Positions
from topics.record_batches import unpacked
from topics.records import Record
from topics.retries import later
from topics.sealed import UnreadableBatch
from topics.settings import KafkaSettings

pytestmark = pytest.mark.kafka

RETRY = IMAGE_SUBMITTED.retry_name


@asynccontextmanager
async def stranger(settings: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, max_request_size=3_000_000
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write_all(settings: KafkaSettings, topic: str) -> list[tuple[Hostile, int]]:
    """Each in a batch of its own on partition 0, with its first offset."""
    async with stranger(settings) as producer:
        return [
            (hostile, await produce(producer, topic, hostile.batch.to_bytes()))
            for hostile in hostile_batches()
        ]


async def write_good(settings: KafkaSettings, topic: str, record: Record) -> int:
    async with stranger(settings) as producer:
        placed = await producer.send_and_wait(
            topic, record.value, key=record.key, headers=list(record.headers), partition=0
        )
    return int(placed.offset)


@pytest.fixture(autouse=True)
async def nothing_hostile_is_left(settings: KafkaSettings) -> AsyncIterator[None]:
    """Other tests read the same topics with the bare client."""
    yield
    async with admin(settings) as client:
        for topic in (ANALYSIS_FAILED.name, IMAGE_SUBMITTED.name, RETRY):
            end = (await ends(settings, topic))[topic, 0]
            await client.delete_records({TopicPartition(topic, 0): RecordsToDelete(end)})


async def test_the_client_alone_does_stop_at_one(settings: KafkaSettings, tenant: str) -> None:
    """The fault that all of this is for: should it be gone from the client, so may our parser."""
    async with stranger(settings) as producer:
        odd = hostile_batches()[0].batch.to_bytes()
        offset = await produce(producer, ANALYSIS_FAILED.name, odd)
    place = TopicPartition(ANALYSIS_FAILED.name, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    await consumer.start()
    try:
        consumer.assign([place])
        consumer.seek(place, offset)
        for _ in range(2):
            with pytest.raises(UnicodeDecodeError):
                await consumer.getmany(timeout_ms=5000)
    finally:
        await consumer.stop()


async def test_the_tail_passes_all_of_them(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str, group: str
) -> None:
    await commit(settings, group, await ends(settings, ANALYSIS_FAILED.name))
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append, follow_group=group)
    await eventually(lambda: tail.is_connected)
    written = await write_all(settings, ANALYSIS_FAILED.name)
    good = record_of(analysis_failed(tenant))
    last = await write_good(settings, ANALYSIS_FAILED.name, good)
    await eventually(lambda: any(record.key == good.key for record in seen), within_s=10)
    assert tail.is_connected
    first = written[0][1]
    mine = [one for one in seen if (one.topic, one.partition) == (ANALYSIS_FAILED.name, 0)]
    assert [one.offset for one in mine] == sorted({one.offset for one in mine})
    assert sum(isinstance(one.value, UnreadableBatch) for one in mine) == sum(
        hostile.reasons.count("batch_unreadable") for hostile, _ in written
    )

    place = (ANALYSIS_FAILED.name, 0)
    start, stop = Positions({place: first}), Positions({place: last + 1})
    again = [record.offset async for record in tail.read_range(start, stop)]
    assert again == [one.offset for one in mine if one.offset >= first]


async def test_the_backlog_is_told_past_one(settings: KafkaSettings) -> None:
    written = {one.name: at for one, at in await write_all(settings, IMAGE_SUBMITTED.name)}
    clock, now = KafkaBacklogClock(settings), datetime.now(UTC)
    for name in ("header_name_not_utf8_0", "offset_far_ahead", "a_gigabyte"):
        await commit(settings, "detector", {(IMAGE_SUBMITTED.name, 0): written[name]})
        assert await clock.oldest_unfinished(now) < now, name


@asynccontextmanager
async def forwarding(
    settings: KafkaSettings, releases: AsyncExitStack
) -> AsyncIterator[list[tuple[Record, Refusal]]]:
    """Sets aside into the list and the dead letters; fails the block that ends it."""
    publisher = await started_publisher(settings, releases)
    refused: list[tuple[Record, Refusal]] = []

    async def refuse(record: Record, refusal: Refusal) -> None:
        refused.append((record, refusal))
        letter = dead_letter(record, refusal)
        assert letter.topic == IMAGE_SUBMITTED.dead_letter_name
        await publisher.forward(letter)

    task = asyncio.create_task(DelayedForwarder(settings, publisher, refuse).run())
    try:
        yield refused
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_committed(settings: KafkaSettings, offset: int) -> None:
    place = TopicPartition(RETRY, 0)
    deadline = time.monotonic() + 30
    while (await committed_offsets(settings, "retrier", [place])).get((RETRY, 0), 0) <= offset:
        assert time.monotonic() < deadline


async def test_the_way_back_passes_all_of_them(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str
) -> None:
    async with forwarding(settings, releases) as refused:
        written = await write_all(settings, RETRY)
        last = await write_good(settings, RETRY, record_of(image_submitted(tenant)))
        await until_committed(settings, last)
        unreadable = sum(hostile.reasons.count("batch_unreadable") for hostile, _ in written)
        reasons = [refusal.reason for _, refusal in refused]
        assert reasons.count("batch_unreadable") == unreadable
        [large] = [record for record, why in refused if why.reason == "size_exceeded"]
        assert unpacked(large).value == bytes(20_000_000)


async def test_a_record_that_its_origin_does_not_take_is_set_aside(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str
) -> None:
    """Just within the limit of the retry topic, and so not within that of the origin."""
    async with forwarding(settings, releases) as refused:
        async with stranger(settings) as producer:
            placed = await producer.send_and_wait(
                RETRY, token_bytes(1_150_000), key=tenant.encode(), partition=0
            )
        good = later(record_of(image_submitted(tenant)), delay_s=0, rounds=1)
        async with stranger(settings) as producer:
            last = await producer.send_and_wait(
                RETRY, good.value, key=good.key, headers=list(good.headers), partition=0
            )
        await until_committed(settings, last.offset)
        [(record, why)] = [found for found in refused if found[0].offset == placed.offset]
        assert (record.key, why.reason) == (tenant.encode(), "size_exceeded")

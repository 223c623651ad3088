"""The broker is stopped, killed, paused, restarted and wiped; publisher and tail come back."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from tests.integration.topics.conftest import started_publisher, started_tail
from tests.support.events import analysis_failed, new_request_id
from tests.support.eventually import eventually
from tests.support.services.kafka import Kafka
from tests.support.within import within
from topics.admin import create_topics
from topics.errors import LogUnavailableError
from topics.publisher import KafkaPublisher
from topics.records import Record
from topics.settings import KafkaSettings

pytestmark = pytest.mark.kafka


@contextmanager
def paused(kafka: Kafka) -> Iterator[None]:
    kafka.pause()
    try:
        yield
    finally:
        kafka.resume()


def keys_of(records: list[Record]) -> list[str]:
    return [(record.key or b"").decode() for record in records]


async def publish_until_confirmed(publisher: KafkaPublisher, tenant: str) -> str:
    """As a sweeper does; the key of the event."""
    event = analysis_failed(tenant, request_id=new_request_id())
    deadline = time.monotonic() + 30
    while True:
        try:
            await publisher.publish(event)
        except LogUnavailableError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        else:
            return event.key


async def test_a_publisher_answers_within_its_budget_and_recovers(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack, tenant: str
) -> None:
    publisher = await started_publisher(settings, releases, budget_s=1.0)
    await publisher.publish(analysis_failed(tenant))
    with paused(kafka_to_break):
        with within(1.5), pytest.raises(LogUnavailableError):
            await publisher.publish(analysis_failed(tenant))
        with within(0.1), pytest.raises(LogUnavailableError):
            await publisher.publish(analysis_failed(tenant))
    await publish_until_confirmed(publisher, tenant)


async def test_a_publisher_outlives_a_restart_of_the_broker(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack, tenant: str
) -> None:
    publisher = await started_publisher(settings, releases, budget_s=1.0)
    kafka_to_break.kill()
    with within(1.5), pytest.raises(LogUnavailableError):
        await publisher.publish(analysis_failed(tenant))
    kafka_to_break.start()
    await publish_until_confirmed(publisher, tenant)


async def test_a_publisher_starts_without_a_broker_and_connects_when_there_is_one(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack, tenant: str
) -> None:
    kafka_to_break.stop()
    with within(1.5):
        publisher = await started_publisher(settings, releases, budget_s=1.0)
    with within(0.1), pytest.raises(LogUnavailableError, match="does not answer"):
        await publisher.publish(analysis_failed(tenant))
    kafka_to_break.start()
    await publish_until_confirmed(publisher, tenant)


async def test_a_publisher_that_never_connected_leaves_nothing_open(
    settings: KafkaSettings, kafka_to_break: Kafka
) -> None:
    """An unclosed client warns when it is collected, and warnings are errors."""
    with paused(kafka_to_break):
        publisher = KafkaPublisher(settings, source="test", budget_s=0.2)
        await publisher.start()
        with within(2):
            await publisher.aclose()
            await publisher.aclose()


async def test_a_publisher_closes_in_bounded_time_while_the_broker_is_gone(
    settings: KafkaSettings, kafka_to_break: Kafka, tenant: str
) -> None:
    publisher = KafkaPublisher(settings, source="test", budget_s=0.5)
    await publisher.start()
    with paused(kafka_to_break):
        with pytest.raises(LogUnavailableError):
            await publisher.publish(analysis_failed(tenant))
        with within(8):
            await publisher.aclose()


async def test_a_tail_sees_everything_across_a_restart_of_the_broker(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack, tenant: str
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    publisher = await started_publisher(settings, releases)
    before = await publish_until_confirmed(publisher, tenant)
    await eventually(lambda: before in keys_of(seen))
    identity = tail.log_identity

    kafka_to_break.kill()
    await eventually(lambda: not tail.is_connected, within_s=30)
    kafka_to_break.start()
    after = await publish_until_confirmed(publisher, tenant)
    await eventually(lambda: after in keys_of(seen), within_s=30)
    assert tail.is_connected
    assert tail.log_identity == identity
    mine = [key for key in keys_of(seen) if key.startswith(tenant)]
    assert mine.index(before) < mine.index(after)


async def test_a_tail_says_that_it_is_cut_off_while_the_broker_is_paused(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    await eventually(lambda: tail.is_connected)
    with paused(kafka_to_break):
        await eventually(lambda: not tail.is_connected, within_s=30)
    await eventually(lambda: tail.is_connected, within_s=30)


async def test_a_tail_starts_a_wiped_log_anew(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack, tenant: str
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    publisher = await started_publisher(settings, releases)
    for _ in range(10):
        last = await publish_until_confirmed(publisher, tenant)
    await eventually(lambda: last in keys_of(seen))
    identity = tail.log_identity

    kafka_to_break.stop()
    kafka_to_break.wipe()
    kafka_to_break.start()
    await create_topics(settings)
    first = await publish_until_confirmed(publisher, tenant)
    await eventually(lambda: first in keys_of(seen), within_s=30)
    assert tail.log_identity not in {"", identity}


async def test_a_log_that_was_wiped_and_filled_again_unseen_is_not_taken_for_the_old_one(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack, tenant: str
) -> None:
    """The offsets of the old log exist in the new one, so no fetch fails."""
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    publisher = await started_publisher(settings, releases)
    first = await publish_until_confirmed(publisher, tenant)
    await eventually(lambda: first in keys_of(seen))
    await eventually(lambda: sum(dict(tail.positions).values()) > 0)

    kafka_to_break.stop()
    kafka_to_break.wipe()
    kafka_to_break.start()
    await create_topics(settings)
    async with AsyncExitStack() as own:
        other = await started_publisher(settings, own)
        later = [await publish_until_confirmed(other, tenant) for _ in range(200)]
    await eventually(lambda: set(later) <= set(keys_of(seen)), within_s=40)


async def test_a_range_cannot_be_read_without_a_broker(
    settings: KafkaSettings, kafka_to_break: Kafka, releases: AsyncExitStack
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    await eventually(lambda: tail.is_connected)
    at = tail.positions
    kafka_to_break.stop()
    with within(15), pytest.raises(LogUnavailableError):
        _ = [record async for record in tail.read_range(at, at)]

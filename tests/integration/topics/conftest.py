"""The topics of the catalog on the broker of this session, and clients that are closed."""

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from secrets import token_hex

import pytest

from tests.support.services.connections import KafkaServer
from tests.support.services.kafka import Kafka
from topics.admin import create_topics
from topics.catalog import RESULTS
from topics.publisher import KafkaPublisher
from topics.records import Record
from topics.settings import KafkaSettings
from topics.tail import KafkaTail
from topics.tail_start import BehindGroup


@pytest.fixture
async def settings(kafka: KafkaServer) -> KafkaSettings:
    made = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    await create_topics(made)
    return made


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    """A client that nobody closed warns when it is collected: in the test that left it open."""
    yield
    gc.collect()


@pytest.fixture
def empty_kafka(kafka_to_break: Kafka) -> Kafka:
    """A broker that has just lost its disk: no topics, no groups."""
    kafka_to_break.stop()
    kafka_to_break.wipe()
    kafka_to_break.start()
    return kafka_to_break


@pytest.fixture
async def releases() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def tenant() -> str:
    return f"tenant-{token_hex(4)}"


@pytest.fixture
def group() -> str:
    """A consumer group that no other test has."""
    return f"group-{token_hex(4)}"


async def started_publisher(
    settings: KafkaSettings, releases: AsyncExitStack, *, budget_s: float = 5.0
) -> KafkaPublisher:
    publisher = KafkaPublisher(settings, source="test", budget_s=budget_s)
    releases.push_async_callback(publisher.aclose)
    await publisher.start()
    return publisher


async def started_tail(
    settings: KafkaSettings,
    releases: AsyncExitStack,
    on_record: Callable[[Record], None],
    *,
    follow_group: str = "recorder",
) -> KafkaTail:
    tail = KafkaTail(settings, RESULTS, on_record, start=BehindGroup(settings, follow_group))
    releases.push_async_callback(tail.aclose)
    await tail.start()
    return tail

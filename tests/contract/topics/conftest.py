"""The log twice: the twin, and Apache Kafka."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from secrets import token_hex
from typing import Protocol

import pytest

from topics.admin import create_topics
from topics.catalog import Topic
from topics.memory import MemoryLog, MemoryPublisher, MemoryTail
from topics.publisher import EventPublisher, KafkaPublisher
from topics.records import Record
from topics.settings import KafkaSettings
from topics.tail import EventTail, KafkaTail
from topics.tail_start import BehindGroup


class Log(Protocol):
    """Clients of one log; all are closed after the test."""

    async def publisher(self) -> EventPublisher: ...

    async def tail(
        self, topics: tuple[Topic, ...], on_record: Callable[[Record], None]
    ) -> EventTail: ...


class TwinLog:
    def __init__(self) -> None:
        self._log = MemoryLog()

    async def publisher(self) -> EventPublisher:
        return MemoryPublisher(self._log, source="test")

    async def tail(
        self, topics: tuple[Topic, ...], on_record: Callable[[Record], None]
    ) -> EventTail:
        return MemoryTail(self._log, topics, on_record)


class KafkaLog:
    def __init__(self, settings: KafkaSettings, releases: AsyncExitStack) -> None:
        self._settings = settings
        self._releases = releases

    async def publisher(self) -> EventPublisher:
        publisher = KafkaPublisher(self._settings, source="test", budget_s=5)
        self._releases.push_async_callback(publisher.aclose)
        await publisher.start()
        return publisher

    async def tail(
        self, topics: tuple[Topic, ...], on_record: Callable[[Record], None]
    ) -> EventTail:
        tail = KafkaTail(
            self._settings, topics, on_record, start=BehindGroup(self._settings, "recorder")
        )
        self._releases.push_async_callback(tail.aclose)
        return tail


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[Log]:
    if request.param == "memory":
        yield TwinLog()
        return
    server = request.getfixturevalue("kafka")
    settings = KafkaSettings(bootstrap_servers=server.bootstrap_servers)
    await create_topics(settings)
    async with AsyncExitStack() as releases:
        yield KafkaLog(settings, releases)


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test has: one broker serves all of them."""
    return f"tenant-{token_hex(4)}"

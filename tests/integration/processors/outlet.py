"""Reads what comes out of the log, as any other program does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from topics.catalog import Topic
from topics.records import Record
from topics.settings import KafkaSettings
from topics.tail import to_record
from topics.tolerant import start_tolerant


class Outlet:
    """Everything written to some topics since it was opened."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.records: list[Record] = []

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: KafkaSettings, names: Iterable[str]) -> AsyncIterator[Self]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap_servers, enable_auto_commit=False
        )
        await start_tolerant(consumer)
        try:
            places = [TopicPartition(n, p) for n in names for p in range(settings.partitions)]
            consumer.assign(places)
            for place, offset in (await consumer.end_offsets(places)).items():
                consumer.seek(place, offset)
            yield cls(consumer)
        finally:
            await consumer.stop()

    async def until(self, is_enough: Callable[[], bool], *, within_s: float) -> None:
        """Reads on until it is; fails the test when it is not in time."""
        deadline = time.monotonic() + within_s
        while not is_enough():
            left_s = deadline - time.monotonic()
            assert left_s > 0, f"not within {within_s:g} s; {len(self.records)} records so far"
            await self.read(for_s=min(0.2, left_s))

    async def read(self, *, for_s: float) -> None:
        batches = await self._consumer.getmany(timeout_ms=int(for_s * 1000))
        for messages in batches.values():
            self.records.extend(to_record(message) for message in messages)

    def of(self, topic: Topic, tenant: str) -> list[Record]:
        """Those whose key or body names the tenant."""
        needle = tenant.encode()
        return [
            record
            for record in self.records
            if record.topic == topic.name and needle in (record.key or b"") + (record.value or b"")
        ]


async def lag(settings: KafkaSettings, group: str, topics: Iterable[Topic]) -> int:
    """How many records the group has not committed."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = [TopicPartition(t.name, p) for t in topics for p in range(settings.partitions)]
        consumer.assign(places)  # which does not join the group
        done = {place: await consumer.committed(place) or 0 for place in places}
        ends = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
    finally:
        await consumer.stop()
    return sum(end - max(done[place], starts[place]) for place, end in ends.items())


async def until_worked_off(
    settings: KafkaSettings, group: str, topics: Iterable[Topic], *, within_s: float
) -> None:
    deadline = time.monotonic() + within_s
    wanted = list(topics)
    while (left := await lag(settings, group, wanted)) > 0:
        assert time.monotonic() < deadline, f"{group}: {left} left after {within_s:g} s"
        await asyncio.sleep(0.2)

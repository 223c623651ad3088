"""The oldest record that the workers have not finished: nothing younger can be called lost."""

import asyncio
import contextlib
from datetime import datetime
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from topics.catalog import CONSUMED, Topic
from topics.errors import LogUnavailableError
from topics.group_offsets import committed_offsets
from topics.records import Record
from topics.settings import KafkaSettings


class BacklogClock(Protocol):
    async def oldest_unfinished(self, now: datetime) -> datetime:
        """When the oldest record in any worked topic was written that its group has not committed;
        `now` when there is none. Raises LogUnavailableError, also when it cannot be told."""
        ...


class KafkaBacklogClock:
    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def oldest_unfinished(self, now: datetime) -> datetime:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap_servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=5000,
            fetch_max_wait_ms=self._settings.fetch_max_wait_ms,
        )
        try:
            await asyncio.wait_for(consumer.start(), 5)
            heads = await self._heads(consumer)
            moments = [await _timestamp(consumer, place, at) for place, at in heads.items()]
        except (KafkaError, OSError, TimeoutError) as error:
            raise LogUnavailableError(f"backlog: {type(error).__name__}: {error}") from error
        finally:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 5)
        return min([now, *moments])

    async def _heads(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """The next offset to finish of every partition with lag."""
        places = {place: topic for topic in CONSUMED for place in _places(consumer, topic)}
        first = await asyncio.wait_for(consumer.beginning_offsets(list(places)), 5)
        last = await asyncio.wait_for(consumer.end_offsets(list(places)), 5)
        done = {
            group: await committed_offsets(self._settings, group)
            for group in sorted({group for topic in CONSUMED for group in topic.groups})
        }
        heads: dict[TopicPartition, int] = {}
        for place, topic in places.items():
            for group in topic.groups:
                at = max(done[group].get((place.topic, place.partition), 0), first[place])
                if at < last[place]:
                    heads[place] = min(at, heads.get(place, at))
        return heads


def _places(consumer: AIOKafkaConsumer, topic: Topic) -> list[TopicPartition]:
    numbers = consumer.partitions_for_topic(topic.name)
    if not numbers:
        raise LogUnavailableError(f"topic {topic.name} does not exist")
    return [TopicPartition(topic.name, number) for number in sorted(numbers)]


async def _timestamp(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int) -> datetime:
    consumer.assign([place])
    consumer.seek(place, offset)
    message = await asyncio.wait_for(consumer.getone(place), 5)
    record = Record(place.topic, place.partition, offset, message.timestamp, None, None, ())
    return record.at

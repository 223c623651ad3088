"""The oldest record that the workers have not finished: nothing younger can be called lost."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from topics.broker_admin import read_partitions
from topics.catalog import FLOW, INBOXES, RETRIES
from topics.closing import close_client
from topics.connection import client_arguments
from topics.group_offsets import committed_by
from topics.records import Record
from topics.refusals import explain
from topics.settings import KafkaSettings
from topics.tolerant import start_tolerant

_PASSED = (*FLOW, *RETRIES)
"""Also where what is tried again waits: that is no loss either."""
_WORKED = (*_PASSED, *INBOXES)


class BacklogClock(Protocol):
    @property
    def lag(self) -> Mapping[tuple[str, str], int]: ...

    async def oldest_unfinished(self, now: datetime) -> datetime:
        """When the oldest record was written, of those that accepted requests pass through, which
        its group has not committed; `now` when there is none.

        Raises LogUnavailableError, also when it cannot be told."""
        ...


class KafkaBacklogClock:
    """`lag` is how many records each group has not finished of each of its topics, inboxes too, as
    it was found when it was asked last."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self.lag: dict[tuple[str, str], int] = {}

    async def oldest_unfinished(self, now: datetime) -> datetime:
        consumer = AIOKafkaConsumer(
            **client_arguments(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=5000,
            fetch_max_wait_ms=self._settings.fetch_max_wait_ms,
        )
        try:
            await asyncio.wait_for(start_tolerant(consumer), 20)
            heads = await self._heads(consumer)
            moments = [await _timestamp(consumer, place, at) for place, at in heads.items()]
        except (KafkaError, OSError, TimeoutError) as error:
            raise await explain(self._settings, error, "Read") from error
        finally:
            await close_client(consumer)
        return min([now, *moments])

    async def _heads(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """The next offset to finish of every partition with lag."""
        groups = {topic.name: topic.groups for topic in _WORKED}
        places = [TopicPartition(*at) for at in await read_partitions(self._settings, groups)]
        first = await asyncio.wait_for(consumer.beginning_offsets(places), 5)
        last = await asyncio.wait_for(consumer.end_offsets(places), 5)
        working = sorted({group for topic in _WORKED for group in topic.groups})
        done = await committed_by(self._settings, working, places)
        reached = {
            place: {
                group: min(max(done[group].get(tuple(place), 0), first[place]), last[place])
                for group in groups[place.topic]
            }
            for place in places
        }
        self.lag = _lag(groups, reached, last)
        passed = {topic.name for topic in _PASSED}
        heads = {place: min(of_place.values()) for place, of_place in reached.items()}
        return {
            place: at for place, at in heads.items() if at < last[place] and place.topic in passed
        }


def _lag(
    groups: Mapping[str, Sequence[str]],
    reached: Mapping[TopicPartition, Mapping[str, int]],
    last: Mapping[TopicPartition, int],
) -> dict[tuple[str, str], int]:
    lag = {(group, topic): 0 for topic, of_topic in groups.items() for group in of_topic}
    for place, of_place in reached.items():
        for group, at in of_place.items():
            lag[group, place.topic] += last[place] - at
    return lag


async def _timestamp(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int) -> datetime:
    consumer.assign([place])
    consumer.seek(place, offset)
    message = await asyncio.wait_for(consumer.getone(place), 5)
    record = Record(place.topic, place.partition, offset, message.timestamp, None, None, ())
    return record.at

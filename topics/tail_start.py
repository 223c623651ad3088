"""Where a tail begins in a log that it has not read before."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from topics.group_offsets import committed_offsets
from topics.settings import KafkaSettings

_STEP_S = 5.0


class TailStart(Protocol):
    async def offsets(
        self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """The first offset to read of the places that have one; the others begin at their first.
        `ends` are the offsets that come next. Raises LogUnavailableError and KafkaError."""
        ...


class BehindGroup:
    """At what a group has committed (at most `tail_max_back` records back), so that what it has not
    finished yet is seen."""

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        self._group = group

    async def offsets(
        self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        del consumer
        committed = await committed_offsets(self._settings, self._group, list(ends))
        most = self._settings.tail_max_back
        return {
            place: max(committed.get((place.topic, place.partition), 0), end - most)
            for place, end in ends.items()
        }


class Now:
    """Behind everything that is there."""

    async def offsets(
        self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        del consumer
        return dict(ends)


class Since:
    """At the first record that is not older than that."""

    def __init__(self, age: timedelta) -> None:
        self._age = age

    async def offsets(
        self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        from_ms = int((time.time() - self._age.total_seconds()) * 1000)
        asked = consumer.offsets_for_times(dict.fromkeys(ends, from_ms))
        found = await asyncio.wait_for(asked, _STEP_S)
        return {place: end if found.get(place) is None else found[place].offset
                for place, end in ends.items()}  # fmt: skip

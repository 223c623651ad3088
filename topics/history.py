"""What lies in topics now, read once from end to end."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from topics.broker_admin import read_partitions
from topics.catalog import Topic
from topics.closing import close_client
from topics.connection import client_arguments
from topics.positions import Positions
from topics.records import Record
from topics.refusals import explain
from topics.settings import KafkaSettings
from topics.tail import to_record
from topics.tolerant import start_tolerant

_STEP_S = 20.0
_SILENCE_MS = 5000


async def read_history(
    settings: KafkaSettings, topics: Sequence[Topic], *, after: Positions
) -> AsyncIterator[Record]:
    """All that lies in those topics now, from where `after` stands in those partitions that it
    names; in order within a partition. Raises LogUnavailableError."""
    consumer = make_reader(settings)
    try:
        await asyncio.wait_for(start_tolerant(consumer), _STEP_S)
        names = [topic.name for topic in topics]
        places = [TopicPartition(*at) for at in await read_partitions(settings, names)]
        starts, ends = await bounds_of(consumer, places)
        known = dict(after)
        for place in places:
            at = max(known.get((place.topic, place.partition), 0), starts[place])
            starts[place] = at
            consumer.seek(place, at)
        left = {place: ends[place] for place in places if starts[place] < ends[place]}
        async for record in read_until(consumer, left):
            yield record
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explain(settings, error, "Read") from error
    finally:
        await close_client(consumer)


def make_reader(settings: KafkaSettings) -> AIOKafkaConsumer:
    """In no group; for the caller to start and to close."""
    return AIOKafkaConsumer(
        **client_arguments(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_max_wait_ms,
    )


async def bounds_of(
    consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """Assigns the partitions; their first offsets, and those that come next."""
    consumer.assign(list(places))
    starts = await asyncio.wait_for(consumer.beginning_offsets(places), _STEP_S)
    ends = await asyncio.wait_for(consumer.end_offsets(places), _STEP_S)
    return starts, ends


async def read_until(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[Record]:
    """From where it stands, up to those offsets. Raises TimeoutError when the broker gives no more
    before that."""
    left = set(ends)
    while left:
        batches = await consumer.getmany(timeout_ms=_SILENCE_MS)
        for place, messages in batches.items():
            for message in messages:
                if place in left and message.offset < ends[place]:
                    yield to_record(message)
            if messages[-1].offset + 1 >= ends.get(place, 0):
                left.discard(place)
        if not batches:
            left = {place for place in left if await consumer.position(place) < ends[place]}
            if left:
                raise TimeoutError("the broker gives no more")

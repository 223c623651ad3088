"""The log of results, read from outside: with a plain consumer and nothing of the product."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

_RESULTS = "image-analyzed"
_STEP_S = 15.0


@dataclass(frozen=True, slots=True)
class LoggedResult:
    """`request_id` comes from the record's key, `tenant/request`."""

    request_id: str
    ce_id: str


@dataclass(frozen=True, slots=True)
class ResultLog:
    """Every record of the results, and how many records were set aside on all topics."""

    results: tuple[LoggedResult, ...]
    dead_letters: int


async def read_result_log(bootstrap_servers: str) -> ResultLog:
    """From the beginning to where it ends now."""
    places = await _places(bootstrap_servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    await asyncio.wait_for(consumer.start(), _STEP_S)
    try:
        consumer.assign(places)
        ends: dict[TopicPartition, int] = await asyncio.wait_for(
            consumer.end_offsets(places), _STEP_S
        )
        records = await _records(
            consumer, {place: end for place, end in ends.items() if place.topic == _RESULTS}
        )
    finally:
        await asyncio.wait_for(consumer.stop(), _STEP_S)
    results = tuple(_to_result(record) for record in records)
    set_aside = sum(end for place, end in ends.items() if place.topic != _RESULTS)
    return ResultLog(results, dead_letters=set_aside)


async def _places(bootstrap_servers: str) -> list[TopicPartition]:
    """Of the results and of all dead letters."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await asyncio.wait_for(admin.start(), _STEP_S)
    try:
        names = await admin.list_topics()
        wanted = [name for name in names if name == _RESULTS or name.endswith("-dlq")]
        described = await admin.describe_topics(wanted)
    finally:
        await asyncio.wait_for(admin.close(), _STEP_S)
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]


async def _records(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> list[ConsumerRecord]:
    """From the beginning of each partition to where it ended."""
    consumer.assign(list(ends))
    await consumer.seek_to_beginning(*ends)
    found: list[ConsumerRecord] = []
    left = {place for place, end in ends.items() if end}
    while left:
        batches = await consumer.getmany(timeout_ms=int(_STEP_S * 1000))
        if not batches:
            raise TimeoutError(f"{_RESULTS} cannot be read to its end")
        for place, messages in batches.items():
            found.extend(message for message in messages if message.offset < ends[place])
            if messages[-1].offset + 1 >= ends[place]:
                left.discard(place)
    return found


def _to_result(record: ConsumerRecord) -> LoggedResult:
    ce_id = next(bytes(value).decode() for name, value in record.headers if name == "ce_id")
    return LoggedResult(bytes(record.key).decode().rpartition("/")[2], ce_id)

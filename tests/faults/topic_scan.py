"""The log as an outsider reads it: every topic there is, and how far every group has come."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tests.faults.client import number_of_object
from tests.faults.evidence import Lag, LogRecord

_READ_MS = 1000

Places = Mapping[tuple[str, int], int]
"""Topic and partition to an offset."""


async def ends(bootstrap_servers: str) -> Places:
    """Where every partition ends now."""
    async with _consumer(bootstrap_servers) as consumer:
        found = await consumer.end_offsets(await places_of(bootstrap_servers))
    return {(place.topic, place.partition): offset for place, offset in found.items()}


async def records_since(bootstrap_servers: str, since: Places) -> list[LogRecord]:
    """Everything from there on; what begins after it, or is new, from its beginning. A log that
    was wiped meanwhile is shorter than `since` says: it is read whole."""
    async with _consumer(bootstrap_servers) as consumer:
        places = await places_of(bootstrap_servers)
        consumer.assign(places)
        stops = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
        for place in places:
            wanted = since.get((place.topic, place.partition), 0)
            start = starts[place] if wanted > stops[place] else max(wanted, starts[place])
            consumer.seek(place, start)
        found: list[LogRecord] = []
        while [place for place in places if await consumer.position(place) < stops[place]]:
            for batch in (await consumer.getmany(timeout_ms=_READ_MS)).values():
                found += [to_record(message) for message in batch]
        return found


async def lags(bootstrap_servers: str) -> list[Lag]:
    """Of every group on every topic that it has ever committed on; a partition that it has not
    committed yet counts from its beginning."""
    async with _admin(bootstrap_servers) as admin:
        groups = [group for group, *_ in await admin.list_consumer_groups()]
        committed = {group: await admin.list_consumer_group_offsets(group) for group in groups}
    async with _consumer(bootstrap_servers) as consumer:
        places = await places_of(bootstrap_servers)
        stops = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
    found = []
    for group, offsets in sorted(committed.items()):
        for topic in sorted({place.topic for place in offsets}):
            behind = 0
            for place in (one for one in places if one.topic == topic):
                known = offsets.get(place)
                reached = starts[place] if known is None or known.offset < 0 else known.offset
                behind += max(0, stops[place] - reached)
            found.append(Lag(group, topic, behind))
    return found


async def until_worked_off(bootstrap_servers: str, *, within_s: float) -> list[Lag]:
    """The lags, as soon as there are none, or those left after that time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        found = await lags(bootstrap_servers)
        if not any(one.records for one in found) or loop.time() > deadline:
            return found
        await asyncio.sleep(0.5)


def to_record(message: Any) -> LogRecord:
    headers = tuple((str(name), value) for name, value in message.headers)
    texts = {name: (value or b"").decode("utf-8", "replace") for name, value in headers}
    return LogRecord(
        topic=message.topic, partition=message.partition, offset=message.offset,
        names=(message.key or b"").decode("utf-8", "replace"),
        ce_id=texts.get("ce_id", ""), ce_type=texts.get("ce_type", ""),
        number=_number_in(message.value) if message.topic == "image-analyzed" else None,
        headers=headers, value=message.value,
    )  # fmt: skip


def _number_in(value: bytes | None) -> int | None:
    try:
        (found,) = json.loads(value or b"")["result"]["detected_objects"]
        return number_of_object(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


@contextlib.asynccontextmanager
async def _consumer(bootstrap_servers: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest",
        max_partition_fetch_bytes=4_000_000,
    )  # fmt: skip
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def places_of(bootstrap_servers: str) -> list[TopicPartition]:
    """Of every topic but Kafka's own."""
    async with _admin(bootstrap_servers) as admin:
        described = await admin.describe_topics()
    return [
        TopicPartition(one["topic"], partition["partition"])
        for one in described
        if not one["topic"].startswith("__")
        for partition in one["partitions"]
    ]


@contextlib.asynccontextmanager
async def _admin(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()

"""Consumer groups as any other program makes them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from topics.settings import KafkaSettings


async def commit(
    settings: KafkaSettings,
    group: str,
    offsets: Mapping[tuple[str, int], int | OffsetAndMetadata],
) -> None:
    """Without joining: as a tool that resets a group does."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = {TopicPartition(*place): offset for place, offset in offsets.items()}
        consumer.assign(list(places))
        await consumer.commit(places)
    finally:
        await consumer.stop()


@asynccontextmanager
async def member(settings: KafkaSettings, group: str, topic: str) -> AsyncIterator[None]:
    """A member with partitions, for as long as the block lasts."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=settings.bootstrap_servers, group_id=group,
        enable_auto_commit=False,
    )  # fmt: skip
    await asyncio.wait_for(consumer.start(), 20)
    try:
        yield
    finally:
        await consumer.stop()


async def ends(settings: KafkaSettings, topic: str) -> dict[tuple[str, int], int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(settings.partitions)]
        found = await consumer.end_offsets(places)
    finally:
        await consumer.stop()
    return {(place.topic, place.partition): offset for place, offset in found.items()}


@asynccontextmanager
async def admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await client.start()
    try:
        yield client
    finally:
        await client.close()

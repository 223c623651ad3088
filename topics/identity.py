"""Which log this is: the one record of the identity topic, made with the topics."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from topics.catalog import LOG_IDENTITY
from topics.errors import LogUnavailableError
from topics.settings import KafkaSettings


async def has_identity(settings: KafkaSettings) -> bool:
    """Raises LogUnavailableError."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, enable_auto_commit=False
    )
    place = TopicPartition(LOG_IDENTITY.name, 0)
    try:
        await asyncio.wait_for(consumer.start(), 10)
        ends = await asyncio.wait_for(consumer.end_offsets([place]), 10)
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailableError(f"{LOG_IDENTITY.name}: {error}") from error
    finally:
        await consumer.stop()
    return bool(ends[place] > 0)

"""Which log this is: the first record of the identity topic, written with the topics."""

import asyncio
import uuid

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from topics.catalog import LOG_IDENTITY
from topics.closing import close_client
from topics.connection import client_arguments
from topics.errors import LogUnavailableError
from topics.refusals import explain
from topics.settings import KafkaSettings
from topics.tolerant import start_tolerant

IDENTITY_PLACE = TopicPartition(LOG_IDENTITY.name, 0)
_STEP_S = 10.0
# A broker that has just made forty topics answers about them when it leads them: seconds later.
_NEW_TOPICS_MS = 20_000
_NEW_TOPICS_S = 25.0


async def has_identity(settings: KafkaSettings) -> bool:
    """Raises LogUnavailableError."""
    consumer = AIOKafkaConsumer(
        **client_arguments(settings),
        enable_auto_commit=False,
        request_timeout_ms=_NEW_TOPICS_MS,
    )
    try:
        await asyncio.wait_for(start_tolerant(consumer), _NEW_TOPICS_S)
        ends = await asyncio.wait_for(consumer.end_offsets([IDENTITY_PLACE]), _NEW_TOPICS_S)
    except (KafkaError, OSError) as error:
        raise await explain(settings, error, "Describe") from error
    finally:
        await close_client(consumer)
    return bool(ends[IDENTITY_PLACE] > 0)


async def write_identity(settings: KafkaSettings) -> None:
    """When two do it at once, the first record counts for every reader; each has a key of its own,
    so that compaction keeps it the first. Raises LogUnavailableError."""
    identity = str(uuid.uuid4()).encode()
    producer = AIOKafkaProducer(
        **client_arguments(settings),
        acks="all",
        enable_idempotence=False,
        request_timeout_ms=_NEW_TOPICS_MS,
    )
    try:
        await asyncio.wait_for(producer.start(), _NEW_TOPICS_S)
        sent = producer.send_and_wait(LOG_IDENTITY.name, identity, key=identity, partition=0)
        await asyncio.wait_for(sent, _NEW_TOPICS_S)
    except (KafkaError, OSError) as error:
        raise await explain(settings, error, "Write") from error
    finally:
        await close_client(producer)


async def current_identity(settings: KafkaSettings) -> str:
    """Asked with a client of its own. Raises LogUnavailableError, also when there is none yet."""
    consumer = AIOKafkaConsumer(
        **client_arguments(settings), enable_auto_commit=False, request_timeout_ms=5000
    )
    try:
        await asyncio.wait_for(start_tolerant(consumer), _STEP_S)
        return await asyncio.wait_for(read_identity(consumer), _STEP_S)
    except (KafkaError, OSError) as error:
        raise await explain(settings, error, "Read") from error
    finally:
        await close_client(consumer)


async def read_identity(consumer: AIOKafkaConsumer) -> str:
    """Assigns the identity topic to do so. Raises LogUnavailableError when there is none."""
    consumer.assign([IDENTITY_PLACE])
    consumer.seek(IDENTITY_PLACE, 0)
    batches = await consumer.getmany(IDENTITY_PLACE, timeout_ms=5000)
    values = [message.value for message in batches.get(IDENTITY_PLACE, []) if message.value]
    if not values:
        raise LogUnavailableError("the log has no identity yet: create the topics first")
    return str(values[0].decode())

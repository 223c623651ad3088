"""How far a consumer group has come."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from topics.errors import LogUnavailableError
from topics.settings import KafkaSettings


async def committed_offsets(settings: KafkaSettings, group: str) -> dict[tuple[str, int], int]:
    """`(topic, partition) -> next offset` of what the group has committed; none for what it has
    not. Raises LogUnavailableError."""
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.bootstrap_servers, request_timeout_ms=5000
    )
    try:
        await asyncio.wait_for(admin.start(), 5)
        offsets = await asyncio.wait_for(admin.list_consumer_group_offsets(group), 5)
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailableError(f"group {group}: {type(error).__name__}: {error}") from error
    finally:
        await admin.close()
    return {(p.topic, p.partition): o.offset for p, o in offsets.items() if o.offset >= 0}

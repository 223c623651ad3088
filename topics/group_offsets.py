"""How far a consumer group has come."""

from topics.broker_admin import broker_admin
from topics.settings import KafkaSettings


async def committed_offsets(settings: KafkaSettings, group: str) -> dict[tuple[str, int], int]:
    """`(topic, partition) -> next offset` of what the group has committed; none for what it has
    not. Raises LogUnavailableError."""
    async with broker_admin(settings) as client:
        offsets = await client.list_consumer_group_offsets(group)
    return {(p.topic, p.partition): o.offset for p, o in offsets.items() if o.offset >= 0}

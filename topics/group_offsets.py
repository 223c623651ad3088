"""How far a consumer group has come."""

from collections.abc import Sequence

from aiokafka import TopicPartition

from topics.broker_admin import broker_admin, once_groups_are_served
from topics.settings import KafkaSettings


async def committed_offsets(
    settings: KafkaSettings, group: str, places: Sequence[TopicPartition]
) -> dict[tuple[str, int], int]:
    """`(topic, partition) -> next offset` of what the group has committed there; none for what it
    has not. The places are named because the embedded broker hangs up on a question for all.
    Raises LogUnavailableError."""
    async with broker_admin(settings) as client:
        offsets = await once_groups_are_served(
            lambda: client.list_consumer_group_offsets(group, partitions=list(places))
        )
    return {(p.topic, p.partition): o.offset for p, o in offsets.items() if o.offset >= 0}

"""How far consumer groups have come."""

from collections.abc import Collection, Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from topics.broker_admin import broker_admin, once_groups_are_served
from topics.settings import KafkaSettings


async def committed_offsets(
    settings: KafkaSettings, group: str, places: Sequence[TopicPartition]
) -> dict[tuple[str, int], int]:
    """`(topic, partition) -> next offset` of what the group has committed there; none for what it
    has not. The places are named because the embedded broker hangs up on a question for all.
    Raises LogUnavailableError."""
    return (await committed_by(settings, [group], places))[group]


async def committed_by(
    settings: KafkaSettings, groups: Collection[str], places: Sequence[TopicPartition]
) -> dict[str, dict[tuple[str, int], int]]:
    """The same of several groups, over one connection."""
    async with broker_admin(settings) as client:
        return {group: await _committed(client, group, places) for group in groups}


async def _committed(
    client: AIOKafkaAdminClient, group: str, places: Sequence[TopicPartition]
) -> dict[tuple[str, int], int]:
    offsets = await once_groups_are_served(
        lambda: client.list_consumer_group_offsets(group, partitions=list(places))
    )
    return {(p.topic, p.partition): o.offset for p, o in offsets.items() if o.offset >= 0}

"""What the broker says of a consumer group and of the topics it works."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code

from topics.broker_admin import broker_admin, once_groups_are_served, partition_numbers
from topics.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class GroupView:
    members: int
    partitions: int
    missing_topics: tuple[str, ...]


async def view_group(settings: KafkaSettings, group: str, topics: Sequence[str]) -> GroupView:
    """Raises LogUnavailableError when the broker does not answer."""
    async with broker_admin(settings) as client:
        found = await partition_numbers(client, topics)
        members = await once_groups_are_served(lambda: _count_members(client, group))
    missing = tuple(name for name in topics if name not in found)
    return GroupView(members, sum(map(len, found.values())), missing)


async def _count_members(client: AIOKafkaAdminClient, group: str) -> int:
    [answer] = await client.describe_consumer_groups([group])
    [(error_code, _, _, _, _, members, *_)] = answer.groups
    if error_code:
        raise for_code(error_code)(group)
    return len(members)

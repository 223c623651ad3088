"""What the broker says of a consumer group and of the topics it works."""

from collections.abc import Sequence
from dataclasses import dataclass

from topics.broker_admin import broker_admin, partition_numbers
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
        answers = await client.describe_consumer_groups([group])
    members = sum(len(entry[5]) for answer in answers for entry in answer.groups)
    missing = tuple(name for name in topics if name not in found)
    return GroupView(members, sum(map(len, found.values())), missing)

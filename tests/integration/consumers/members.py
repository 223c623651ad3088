"""Who is in a consumer group, as an operator's tool asks and acts."""

from aiokafka.protocol.group import LeaveGroupRequest

from tests.integration.topics.groups import admin
from topics.settings import KafkaSettings


async def members_of(settings: KafkaSettings, group: str) -> list[str]:
    """Their ids, those of dead ones included until the broker misses them."""
    async with admin(settings) as client:
        [answer] = await client.describe_consumer_groups([group])
    [(_, _, _, _, _, members, *_)] = answer.groups
    return [member[0] for member in members]


async def put_out(settings: KafkaSettings, group: str) -> None:
    """A killed member keeps its partitions until its session ends, 10 to 45 s, unless somebody
    says that it is gone."""
    members = await members_of(settings, group)
    async with admin(settings) as client:
        coordinator = await client.find_coordinator(group)
        for member in members:
            await client._send_request_to_node(coordinator, LeaveGroupRequest(group, member))

"""Rules of the product's table set on a broker by its own protocol: no tool, no second JVM."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest

from topics.access import Grant

_ANY, _ALLOW = 1, 3
_RESOURCES = {"topic": 2, "group": 3}
_PATTERNS = {"literal": 3, "prefixed": 4}
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}


class _Creations(CreateAclsRequest):  # type: ignore[misc]  # aiokafka has no types
    """All rules at once: the client's own takes one, and each costs the broker 30 ms."""

    def __init__(self, rules: Sequence[tuple[Any, ...]]) -> None:
        self._rules = list(rules)

    def build(self, request_struct_class: Any) -> Any:
        assert request_struct_class.API_VERSION == 1
        return request_struct_class(self._rules)


async def set_rules(bootstrap_servers: str, grants: Iterable[Grant]) -> None:
    """Returns once the broker goes by all of them. On a broker without rules of other people."""
    rules = [_rule(grant, operation) for grant in grants for operation in grant.operations]
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await client.start()
    try:
        answer = await _ask(client, _Creations(rules))
        assert {error for error, _ in answer.creation_responses} == {0}, answer
        async with asyncio.timeout(20):
            while await _count(client) < len(rules):  # noqa: ASYNC110 - brokers cannot notify
                await asyncio.sleep(0.02)
    finally:
        await client.close()


def _rule(grant: Grant, operation: str) -> tuple[Any, ...]:
    return (
        _RESOURCES[grant.resource_type], grant.name, _PATTERNS[grant.pattern_type],
        f"User:{grant.principal}", "*", _OPERATIONS[operation], _ALLOW,
    )  # fmt: skip


async def _count(client: AIOKafkaAdminClient) -> int:
    everything = DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY)
    resources: Sequence[Any] = (await _ask(client, everything)).resources
    return sum(len(acls) for *_, acls in resources)


async def _ask(client: AIOKafkaAdminClient, request: object) -> Any:
    return await client._send_request(request)

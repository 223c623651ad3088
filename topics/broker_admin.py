"""One connected admin client at a time; what goes wrong with it is LogUnavailableError."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.metadata import MetadataRequest

from topics.connection import client_arguments
from topics.errors import LogUnavailableError
from topics.refusals import explain, missing_right
from topics.settings import KafkaSettings

_T = TypeVar("_T")
_STEP_S = 15.0
_PAUSE_S = 0.1
_NOT_YET = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)


@contextlib.asynccontextmanager
async def broker_admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """The whole block is bounded by fifteen seconds; what it raises may be five seconds later, and
    is BrokerRefusesError when that is the reason."""
    client = AIOKafkaAdminClient(**client_arguments(settings), request_timeout_ms=5000)
    try:
        async with asyncio.timeout(_STEP_S):
            await client.start()
            yield client
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explain(settings, error, "Describe") from error
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(client.close(), 5)


async def partition_numbers(
    client: AIOKafkaAdminClient, names: Iterable[str]
) -> dict[str, tuple[int, ...]]:
    """The partitions of every topic that exists; a name that is missing is not in the answer, and
    is not asked for: some brokers make a topic of any name that they are asked about."""
    present = set(await client.list_topics())
    described = await client.describe_topics([name for name in names if name in present])
    return {
        entry["topic"]: tuple(sorted(part["partition"] for part in entry["partitions"]))
        for entry in described
        if entry["error_code"] == 0 and entry["partitions"]
    }


async def read_partitions(settings: KafkaSettings, names: Iterable[str]) -> list[tuple[str, int]]:
    """`(topic, partition)` of all of them. Raises LogUnavailableError when one does not exist, and
    BrokerRefusesError when that cannot be told."""
    wanted = list(names)
    async with broker_admin(settings) as client:
        found = await partition_numbers(client, wanted)
        missing = [name for name in wanted if name not in found]
        hidden = await hidden_topics(client, missing) if settings.uses_sasl else []
    if hidden:
        raise missing_right(settings, "Describe", "topic", *hidden)
    if missing:
        raise LogUnavailableError(f"topics missing: {', '.join(missing)}; create the topics first")
    return [(name, number) for name in wanted for number in found[name]]


async def hidden_topics(client: AIOKafkaAdminClient, names: Collection[str]) -> list[str]:
    """Those that the user may not even look at: they look like missing ones otherwise."""
    if not names:  # the broker would take it for all
        return []
    answer = await ask_any_broker(
        client, MetadataRequest(list(names), allow_auto_topic_creation=False)
    )
    refused = TopicAuthorizationFailedError.errno
    return [name for error_code, name, *_ in answer.topics if error_code == refused]


async def ask_any_broker(client: AIOKafkaAdminClient, request: object) -> Any:
    """What some broker of the cluster answers to a request that the client has no method for."""
    return await client._send_request(request)  # noqa: SLF001 - the client has no public way


async def once_groups_are_served(ask: Callable[[], Awaitable[_T]]) -> _T:
    """A broker that has just started loads its groups, and a new one makes the topic for them when
    it is first asked: ask again until it answers. Unbounded; for use inside of `broker_admin`."""
    while True:
        try:
            return await ask()
        except _NOT_YET:
            await asyncio.sleep(_PAUSE_S)

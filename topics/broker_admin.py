"""One connected admin client at a time; what goes wrong with it is LogUnavailableError."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from topics.errors import LogUnavailableError
from topics.settings import KafkaSettings

_STEP_S = 15.0


@contextlib.asynccontextmanager
async def broker_admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """The whole block is bounded by fifteen seconds."""
    client = AIOKafkaAdminClient(
        bootstrap_servers=settings.bootstrap_servers, request_timeout_ms=5000
    )
    try:
        async with asyncio.timeout(_STEP_S):
            await client.start()
            yield client
    except (KafkaError, OSError, TimeoutError) as error:
        raise LogUnavailableError(f"{type(error).__name__}: {error}") from error
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(client.close(), 5)


async def partition_numbers(
    client: AIOKafkaAdminClient, names: Iterable[str]
) -> dict[str, tuple[int, ...]]:
    """The partitions of every topic that exists; a name that is missing is not in the answer."""
    described = await client.describe_topics(list(names))
    return {
        entry["topic"]: tuple(sorted(part["partition"] for part in entry["partitions"]))
        for entry in described
        if entry["error_code"] == 0 and entry["partitions"]
    }


async def read_partitions(settings: KafkaSettings, names: Iterable[str]) -> list[tuple[str, int]]:
    """`(topic, partition)` of all of them. Raises LogUnavailableError when one does not exist."""
    wanted = list(names)
    async with broker_admin(settings) as client:
        found = await partition_numbers(client, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise LogUnavailableError(f"topics missing: {', '.join(missing)}; create the topics first")
    return [(name, number) for name in wanted for number in found[name]]

"""Close the clients of a broker that may be gone."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def close_client(
    client: AIOKafkaConsumer | AIOKafkaProducer, *, within_s: float = 5.0
) -> None:
    """Bounded, and raises nothing of the client's: after an outage its own stop may hang, or end
    with the CancelledError of one of its tasks, which must not pass for a cancellation of ours.
    The connections are closed in every case."""
    stopping = asyncio.ensure_future(client.stop())
    await asyncio.wait({stopping}, timeout=within_s)
    if stopping.done() and not stopping.cancelled() and stopping.exception() is None:
        return
    stopping.cancel()
    await asyncio.wait({stopping, _closing_connections(client)}, timeout=within_s)


def _closing_connections(client: AIOKafkaConsumer | AIOKafkaProducer) -> "asyncio.Task[None]":
    is_producer = isinstance(client, AIOKafkaProducer)
    connections = client.client if is_producer else client._client  # noqa: SLF001 - left open
    closing: asyncio.Task[None] = asyncio.ensure_future(connections.close())
    return closing

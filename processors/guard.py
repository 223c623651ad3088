"""The only way a topic is consumed: raw bytes in, acknowledged in offset order after every effect.

Faust's own acknowledgements are never used: they are given for a message whose agent raised, one
that cannot be decoded, and everything in flight when anything else in the worker fails.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import faust
import mode

from processors.settlement import Settlement
from topics.catalog import Topic
from topics.records import Record

_InWork = tuple[Any, "asyncio.Task[None]"]


class Guard:
    """Consumes one topic of one application. At least once: what was in work when the process
    died is worked again by whoever gets the partition next; nothing is ever skipped."""

    def __init__(self, settlement: Settlement, *, prefetch: int) -> None:
        self._settlement = settlement
        self._prefetch = prefetch

    def attach(self, app: faust.App, topic: Topic) -> None:
        """Register the agent; call before the application starts."""
        channel = app.topic(
            topic.name, key_type=bytes, key_serializer="raw",
            value_type=bytes, value_serializer="raw", internal=False,
        )  # fmt: skip
        app.agent(channel, name=f"{topic.name}-guard", supervisor_strategy=mode.CrashingSupervisor)(
            self._consume
        )

    async def _consume(self, stream: Any) -> None:
        """Reads ahead by `prefetch` messages; ends only by cancellation or by raising."""
        room = asyncio.Semaphore(self._prefetch)
        in_work: asyncio.Queue[_InWork] = asyncio.Queue()
        sink = asyncio.create_task(_acknowledge_in_order(stream, in_work, room.release))
        sink.add_done_callback(lambda _: room.release())
        try:
            async for events in stream.noack_take(1, within=None):
                await room.acquire()
                if sink.done():
                    break
                work = asyncio.create_task(self._settlement.settle(_to_record(events[0])))
                in_work.put_nowait((events[0], work))
        finally:
            sink.cancel()
            while not in_work.empty():
                in_work.get_nowait()[1].cancel()
        if sink.done() and not sink.cancelled():
            sink.result()
        raise RuntimeError("the guard's sink ended: the worker stops and is started again")


async def _acknowledge_in_order(
    stream: Any, in_work: "asyncio.Queue[_InWork]", release: Callable[[], None]
) -> None:
    while True:
        event, work = await in_work.get()
        await work
        await stream.ack(event)
        release()


def _to_record(event: Any) -> Record:
    message = event.message
    return Record(
        message.topic, message.partition, message.offset, int(message.timestamp * 1000),
        message.key, message.value, tuple(message.headers or ()),
    )  # fmt: skip

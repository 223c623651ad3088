"""The only way a topic is consumed: raw bytes in, acknowledged in offset order after every effect.

Faust's own acknowledgements are never used: they are given for a message whose agent raised, one
that cannot be decoded, and everything in flight when anything else in the worker fails.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import faust
import mode

from processors.settlement import Settlement
from processors.work_spans import WorkSpans
from topics.catalog import Topic
from topics.records import Record


class GuardBrokenError(Exception):
    """The guard cannot go on without losing its place: the worker stops and is started again."""


_UNRECORDED = WorkSpans()


@dataclass(frozen=True, slots=True)
class _InWork:
    message: Any
    work: "asyncio.Task[None]"
    term: int


class Guard:
    """Consumes one topic of one application. At least once: what was in work when the process
    died is worked again by whoever gets the partition next; nothing is ever skipped."""

    def __init__(
        self,
        topic: Topic,
        settlement: Settlement,
        *,
        prefetch: int,
        spans: WorkSpans = _UNRECORDED,
    ) -> None:
        self.prefetch = prefetch
        self._spans = spans
        self._topic = topic
        self._settlement = settlement
        self._app: faust.App = None
        self._working: set[asyncio.Task[None]] = set()
        self._term = 0
        self._is_between_terms = False

    def attach(self, app: faust.App) -> None:
        """Register the agent; call before the application starts."""
        self._app = app
        channel = app.topic(
            self._topic.name, key_type=bytes, key_serializer="raw",
            value_type=bytes, value_serializer="raw", internal=False,
        )  # fmt: skip
        app.agent(
            channel, name=f"{self._topic.name}-guard", supervisor_strategy=mode.CrashingSupervisor
        )(self.consume)

    @property
    def is_held(self) -> bool:
        """Something in work waits for what may not come back soon."""
        return self._settlement.pulse.is_waiting

    def give_up(self) -> None:
        """Drop what is in work, unacknowledged. From now to the next `begin` all that still comes
        is dropped as well: worked out of order, its acknowledgement would cover what was given up.
        """
        self._term += 1
        self._is_between_terms = True
        for work in self._working:
            work.cancel()

    def begin(self) -> None:
        """Partitions were assigned; what comes now comes from their committed offsets on."""
        self._is_between_terms = False

    async def consume(self, stream: Any) -> None:
        """Reads ahead by `prefetch` messages; ends with the application, by cancellation or by
        raising GuardBrokenError."""
        room = asyncio.Semaphore(self.prefetch)
        in_work: asyncio.Queue[_InWork] = asyncio.Queue()
        sink = asyncio.create_task(self._acknowledge_in_order(in_work, room))
        _cancel_with(sink, asyncio.current_task())
        try:
            async for events in stream.noack_take(1, within=None):
                await self._take(events[0].message, in_work, room)
        except asyncio.CancelledError:
            if sink.done():
                raise GuardBrokenError(f"{self._topic.name}: {sink.exception()}") from None
            raise
        finally:
            sink.cancel()
            for work in self._working:
                work.cancel()
        if not self._app.should_stop:
            raise GuardBrokenError(f"{self._topic.name}: the stream ended")

    async def _take(
        self, message: Any, in_work: "asyncio.Queue[_InWork]", room: asyncio.Semaphore
    ) -> None:
        term = self._term
        await room.acquire()
        if self._is_between_terms or term != self._term:
            room.release()
            return
        settled = self._spans.around(to_record(message), self._settlement.settle)
        work = asyncio.create_task(settled)
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        in_work.put_nowait(_InWork(message, work, term))

    async def _acknowledge_in_order(
        self, in_work: "asyncio.Queue[_InWork]", room: asyncio.Semaphore
    ) -> None:
        while True:
            one = await in_work.get()
            if not one.work.done():
                await asyncio.wait({one.work})
            if one.term == self._term:
                if one.work.cancelled():
                    raise GuardBrokenError("work was cancelled by nobody who may")
                one.work.result()
                self._app.consumer.acknowledge(one.message)
            room.release()


def _cancel_with(sink: "asyncio.Task[None]", reader: "asyncio.Task[Any] | None") -> None:
    """A reader that waits for the next message would not notice that the sink has failed."""

    def cancel(ended: "asyncio.Task[None]") -> None:
        if not ended.cancelled() and reader is not None:
            reader.cancel()

    sink.add_done_callback(cancel)


def to_record(message: Any) -> Record:
    """As Faust hands a message over; it has made seconds of the log's milliseconds."""
    return Record(
        message.topic, message.partition, message.offset, round(message.timestamp * 1000),
        message.key, message.value, tuple(message.headers or ()),
    )  # fmt: skip

"""The way out of the log without a consumer group: everything new, as it is written."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from telemetry.logs import get_logger
from topics.broker_admin import read_partitions
from topics.catalog import Topic
from topics.closing import close_client
from topics.connection import client_arguments
from topics.errors import LogUnavailableError
from topics.identity import IDENTITY_PLACE, read_identity
from topics.identity_watch import IdentityWatch
from topics.positions import Positions
from topics.records import Record
from topics.refusals import explain
from topics.settings import KafkaSettings
from topics.tail_start import TailStart
from topics.tolerant import start_tolerant

_T = TypeVar("_T")
_log = get_logger(__name__)
_RECONNECT_S = 1.0
_STEP_S = 5.0
_START_S = 20.0  # a start that is cancelled leaves a connection open: let it give up by itself


class EventTail(Protocol):
    """Calls back for every record in the order of its partition, from a start that leaves nothing
    between the record in Postgres and the tail. A record may be seen twice after a reconnect."""

    @property
    def is_connected(self) -> bool: ...

    @property
    def log_identity(self) -> str:
        """Which log this is; empty until the first connection."""
        ...

    @property
    def positions(self) -> Positions:
        """What has been called back for."""
        ...

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def read_range(self, start: Positions, stop: Positions) -> AsyncIterator[Record]:
        """What lies between, read again from the log. Raises LogUnavailableError, and
        LookupError when `start` is not in the log any more."""
        ...


class KafkaTail:
    """Reconnects for ever, and goes on where it was."""

    def __init__(
        self,
        settings: KafkaSettings,
        topics: tuple[Topic, ...],
        on_record: Callable[[Record], None],
        *,
        start: TailStart,
    ) -> None:
        self._settings = settings
        self._topics = topics
        self._on_record = on_record
        self._start = start
        self._ends: dict[TopicPartition, int] = {}
        self._caught_up = asyncio.Event()
        self._offsets: dict[tuple[str, int], int] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_connected = False
        self.log_identity = ""

    @property
    def positions(self) -> Positions:
        return Positions(dict(self._offsets))

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def wait_until_caught_up(self) -> None:
        """Returns when all has been called back for that was in the log at the first connection."""
        await self._caught_up.wait()

    async def read_range(self, start: Positions, stop: Positions) -> AsyncIterator[Record]:
        consumer = _consumer(self._settings)
        try:
            await asyncio.wait_for(start_tolerant(consumer), _START_S)
            await _seek_to_past(consumer, start)
            async for record in _read_until(consumer, start, stop):
                yield record
        except (KafkaError, OSError, TimeoutError) as error:
            raise await explain(self._settings, error, "Read") from error
        finally:
            await close_client(consumer)

    async def _run(self) -> None:
        while True:
            consumer = _consumer(self._settings)
            try:
                await asyncio.wait_for(start_tolerant(consumer), _START_S)
                await self._follow(consumer)
            except LogUnavailableError as error:
                _log.warning("tail_disconnected", error=str(error)[:300])
            except (KafkaError, OSError) as error:
                why = await explain(self._settings, error, "Read")
                _log.warning("tail_disconnected", error=str(why)[:300])
            except Exception:  # noqa: BLE001 - nothing may end the tail
                _log.exception("tail_failed")
            finally:
                self.is_connected = False
                await close_client(consumer)
            await asyncio.sleep(_RECONNECT_S)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        names = [topic.name for topic in self._topics]
        places = [TopicPartition(*place) for place in await read_partitions(self._settings, names)]
        identity = await read_identity(consumer)
        if identity != self.log_identity:
            self._offsets = {}
        consumer.assign([*places, IDENTITY_PLACE])
        await self._seek(consumer, places)
        watch = IdentityWatch(consumer, identity)
        self.log_identity = identity
        self.is_connected = True
        _log.info("tail_connected", log_identity=identity, at=self.positions.to_text())
        while True:
            self._note_progress()
            batches = await consumer.getmany(timeout_ms=1000)
            watch.take_from(batches)
            for place, messages in batches.items():
                for message in messages:
                    self._on_record(to_record(message))
                self._offsets[place.topic, place.partition] = messages[-1].offset + 1

    def _note_progress(self) -> None:
        if not self._caught_up.is_set() and all(
            self._offsets[place.topic, place.partition] >= end for place, end in self._ends.items()
        ):
            self._caught_up.set()

    async def _seek(self, consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> None:
        first = await _bounded(consumer.beginning_offsets(places))
        last = await _bounded(consumer.end_offsets(places))
        starts = await self._start.offsets(consumer, last)
        self._ends = last
        for place in places:
            known = self._offsets.get((place.topic, place.partition))
            at = starts.get(place, first[place]) if known is None else known
            if at > last[place]:
                at = first[place]
            consumer.seek(place, max(at, first[place]))
            self._offsets[place.topic, place.partition] = max(at, first[place])


def _consumer(settings: KafkaSettings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **client_arguments(settings),
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=settings.fetch_max_wait_ms,
        request_timeout_ms=max(5000, 2 * settings.fetch_max_wait_ms),
    )


async def _seek_to_past(consumer: AIOKafkaConsumer, start: Positions) -> None:
    places = {place: TopicPartition(*place) for place, _ in start}
    consumer.assign(list(places.values()))
    first = await _bounded(consumer.beginning_offsets(list(places.values())))
    for place, offset in start:
        if offset < first[places[place]]:
            raise LookupError(f"{place[0]}[{place[1]}]@{offset} is no longer in the log")
        consumer.seek(places[place], offset)


async def _read_until(
    consumer: AIOKafkaConsumer, start: Positions, stop: Positions
) -> AsyncIterator[Record]:
    left = {place for place, end in stop if end > dict(start).get(place, end)}
    ends = dict(stop)
    while left:
        batches = await consumer.getmany(timeout_ms=int(_STEP_S * 1000))
        if not batches:
            raise LogUnavailableError("the log does not go on where it was read before")
        for messages in batches.values():
            for message in messages:
                place = (message.topic, message.partition)
                if place in left and message.offset < ends[place]:
                    yield to_record(message)
                if message.offset + 1 >= ends.get(place, 0):
                    left.discard(place)


def to_record(message: ConsumerRecord) -> Record:
    return Record(
        message.topic, message.partition, message.offset, message.timestamp,
        message.key, message.value, tuple(message.headers),
    )  # fmt: skip


async def _bounded(work: Awaitable[_T]) -> _T:
    return await asyncio.wait_for(work, _STEP_S)

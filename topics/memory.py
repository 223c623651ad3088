"""The log in memory: the twin of the publisher, the tail and the backlog clock, for tests."""

import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from schemas.contract import RequestEvent
from topics.catalog import Topic, topic_named, topic_of
from topics.codec import encode
from topics.errors import LogUnavailableError, RecordTooLargeError
from topics.positions import Positions
from topics.records import OutgoingRecord, Record
from topics.tracing import sending


class MemoryLog:
    """One partition a topic. `is_down` makes every client of it fail as a dead broker does."""

    def __init__(self) -> None:
        self.identity = str(uuid.uuid4())
        self.is_down = False
        self.records: defaultdict[str, list[Record]] = defaultdict(list)
        self.in_order: list[Record] = []
        self._tails: list[MemoryTail] = []

    def append(self, record: OutgoingRecord) -> Record:
        if self.is_down:
            raise LogUnavailableError("the log is down")
        topic = self.records[record.topic]
        placed = Record(
            record.topic, 0, len(topic), int(time.time() * 1000),
            record.key, record.written_value, record.headers,
        )  # fmt: skip
        topic.append(placed)
        self.in_order.append(placed)
        for tail in self._tails:
            tail.see(placed)
        return placed

    def attach(self, tail: "MemoryTail") -> None:
        self._tails.append(tail)

    def detach(self, tail: "MemoryTail") -> None:
        if tail in self._tails:
            self._tails.remove(tail)


class MemoryPublisher:
    def __init__(self, log: MemoryLog, *, source: str = "memory") -> None:
        self._log = log
        self._source = source

    async def start(self) -> None:
        """Nothing to connect to."""

    async def aclose(self) -> None:
        """Nothing to release."""

    async def publish(
        self, event: RequestEvent, *, topic: Topic | None = None, traceparent: str | None = None
    ) -> None:
        home = topic or topic_of(type(event))
        await self.forward(encode(event, home, source=self._source, traceparent=traceparent))

    async def forward(self, record: OutgoingRecord) -> None:
        if len(record.value or b"") > topic_named(record.topic).broker_limit_bytes:
            raise RecordTooLargeError(f"{record.topic}: {len(record.value or b'')} bytes")
        with sending(record) as told:
            self._log.append(told)


class MemoryTail:
    def __init__(
        self, log: MemoryLog, topics: tuple[Topic, ...], on_record: Callable[[Record], None]
    ) -> None:
        self._log = log
        self._names = {topic.name for topic in topics}
        self._on_record = on_record
        self._offsets = {(name, 0): 0 for name in self._names}
        self.is_connected = False
        self.log_identity = ""

    @property
    def positions(self) -> Positions:
        return Positions(dict(self._offsets))

    async def start(self) -> None:
        self.is_connected, self.log_identity = True, self._log.identity
        self._log.attach(self)
        for name in sorted(self._names):
            for record in list(self._log.records[name]):
                self.see(record)

    async def aclose(self) -> None:
        self._log.detach(self)
        self.is_connected = False

    def see(self, record: Record) -> None:
        if record.topic in self._names:
            self._on_record(record)
            self._offsets[record.topic, 0] = record.offset + 1

    async def read_range(self, start: Positions, stop: Positions) -> AsyncIterator[Record]:
        if self._log.is_down:
            raise LogUnavailableError("the log is down")
        ends = dict(stop)
        for (name, _), first in start:
            for record in self._log.records[name][first : ends.get((name, 0), first)]:
                yield record


class MemoryBacklogClock:
    """Answers `oldest` when it is set, else that there is no backlog."""

    def __init__(self) -> None:
        self.oldest: datetime | None = None
        self.lag: dict[tuple[str, str], int] = {}

    async def oldest_unfinished(self, now: datetime) -> datetime:
        return now if self.oldest is None else self.oldest

"""Fan-out in memory: every outcome in the log to those of this process who wait for it."""

import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

from ingest_api.errors import STREAMS_EXHAUSTED, RefusedError
from ingest_api.event_ids import LogPlace, Spot
from ingest_api.mailbox import Closing, Mailbox
from ingest_api.news import News, to_news
from ingest_api.recent import Once, RecentOutcomes
from ingest_api.throughput import Throughput
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from topics.errors import InvalidMessageError
from topics.positions import Positions
from topics.records import Record
from topics.tail import EventTail

_log = get_logger(__name__)
_REMEMBERED_IDS = 10_000
_Key = TypeVar("_Key", bytes, str)


class Hub:
    """A client sees a fact once, however often it lies in the log, as long as the repeats are not
    further apart than the memory is long. Values are decoded only for those who wait for them."""

    def __init__(self, *, metrics: Metrics, max_streams: int) -> None:
        self._metrics = metrics
        metrics.sse_mailbox_ratio.set_function(self._fullest)
        self.throughput = Throughput()
        self._max_streams = max_streams
        self._tail: EventTail | None = None
        self._identity = ""
        self._offsets: dict[Spot, int] = {}
        self._once = Once(_REMEMBERED_IDS)
        self._recent = RecentOutcomes()
        self._watchers: defaultdict[bytes, list[Mailbox]] = defaultdict(list)
        self._followers: defaultdict[str, list[Mailbox]] = defaultdict(list)
        self._open: dict[str, set[Mailbox]] = defaultdict(set)
        self._streams = 0
        self.is_draining = False

    def follow(self, tail: EventTail) -> None:
        self._tail = tail
        self._metrics.tail_connected.set_function(lambda: float(tail.is_connected))

    @property
    def is_connected(self) -> bool:
        return self._tail is not None and self._tail.is_connected

    def place(self) -> LogPlace:
        """Where the tail stands: the outcome of every record before it has been fanned out."""
        self._notice_other_log()
        known = {} if self._tail is None else dict(self._tail.positions)
        return LogPlace(self._identity, {**known, **self._offsets})

    def read_range(self, start: Positions, stop: Positions) -> AsyncIterator[Record]:
        """As the tail has it. Raises LookupError, LogUnavailableError."""
        if self._tail is None:
            raise LookupError("no log is followed")
        return self._tail.read_range(start, stop)

    def on_record(self, record: Record) -> None:
        """Never raises: a record that is not of our contract is logged and passed over."""
        self._metrics.tailed.labels(record.topic).inc()
        event_id = record.header("ce_id")
        is_new = event_id is not None and self._once.is_new(event_id)
        self._notice_other_log()
        self._offsets[record.topic, record.partition] = record.offset + 1
        if not is_new or record.key is None:
            return
        written_at = record.timestamp_ms / 1000
        self.throughput.note(written_at)
        self._metrics.tail_delay_seconds.observe(max(0.0, time.time() - written_at))
        self._recent.keep(record)
        watchers = self._watchers.get(record.key, [])
        followers = self._followers.get(record.header("ce_tenantid") or "", [])
        if watchers or followers:
            self._tell(record, [*watchers, *followers])

    def recall(self, key: str) -> News | None:
        """The outcome of that request, when the tail saw it lately."""
        record = self._recent.find(key)
        return None if record is None else _decoded(record, self.place())

    @contextlib.contextmanager
    def watching(self, key: str, mailbox: Mailbox) -> Iterator[None]:
        """Inside, the outcome of that request is put into the mailbox."""
        with _listed(self._watchers, key.encode(), mailbox), self._closed_on_drain("", mailbox):
            yield

    @contextlib.contextmanager
    def streaming(self, tenant_id: str, mailbox: Mailbox, *, at_most: int) -> Iterator[None]:
        """Inside, the mailbox counts as an open stream of the tenant, which may have `at_most`.
        Raises RefusedError."""
        if self._streams >= self._max_streams or len(self._open.get(tenant_id, ())) >= at_most:
            self._metrics.limiter_decisions.labels("streams", "refused").inc()
            raise RefusedError(refusal=STREAMS_EXHAUSTED, retry_after_s=10)
        self._streams += 1
        self._metrics.sse_clients.inc()
        try:
            with self._closed_on_drain(tenant_id, mailbox):
                yield
        finally:
            self._streams -= 1
            self._metrics.sse_clients.dec()

    @contextlib.contextmanager
    def following(self, tenant_id: str, mailbox: Mailbox) -> Iterator[None]:
        """Inside, every outcome of the tenant is put into the mailbox."""
        with _listed(self._followers, tenant_id, mailbox):
            yield

    def drain(self) -> None:
        """The process is about to stop: everybody who waits is told now."""
        self.is_draining = True
        for mailboxes in list(self._open.values()):
            for mailbox in list(mailboxes):
                mailbox.close(Closing.DRAINING)

    @contextlib.contextmanager
    def _closed_on_drain(self, owner: str, mailbox: Mailbox) -> Iterator[None]:
        self._open[owner].add(mailbox)
        if self.is_draining:
            mailbox.close(Closing.DRAINING)
        try:
            yield
        finally:
            self._open[owner].discard(mailbox)
            if not self._open[owner]:
                del self._open[owner]

    def _fullest(self) -> float:
        return max((box.fill for boxes in self._open.values() for box in boxes), default=0.0)

    def _notice_other_log(self) -> None:
        if self._tail is not None and self._tail.log_identity != self._identity:
            self._identity = self._tail.log_identity
            self._offsets = {}

    def _tell(self, record: Record, mailboxes: list[Mailbox]) -> None:
        news = _decoded(record, self.place())
        if news is not None:
            for mailbox in mailboxes:
                mailbox.put(news)


def _decoded(record: Record, place: LogPlace) -> News | None:
    try:
        return to_news(record, place)
    except InvalidMessageError as error:
        _log.warning("outcome_unreadable", at=record.place, error=str(error)[:300])
        return None


@contextlib.contextmanager
def _listed(lists: defaultdict[_Key, list[Mailbox]], key: _Key, mailbox: Mailbox) -> Iterator[None]:
    lists[key].append(mailbox)
    try:
        yield
    finally:
        lists[key].remove(mailbox)
        if not lists[key]:
            del lists[key]

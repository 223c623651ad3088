"""The record made again from the log: requests first, then what became of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cli.rebuild_progress import Progress
from schemas.events import (
    AnalysisFailed,
    CancelRequested,
    ImageAnalyzed,
    ImageRequested,
    ImageSubmitted,
    Lane,
)
from storage.ports import Cancellation
from storage.rebuild_postgres import Announced, Rebuild, Told
from topics.catalog import (
    CANCEL_REQUESTED,
    IMAGE_REQUESTED,
    IMAGE_REQUESTED_BULK,
    IMAGE_SUBMITTED,
    IMAGE_SUBMITTED_BULK,
    RESULTS,
    Topic,
    topic_named,
)
from topics.codec import Envelope, decode
from topics.errors import InvalidMessageError
from topics.history import read_history
from topics.records import Record
from topics.settings import KafkaSettings

_BATCH: Final = 500
_BULK: Final = (IMAGE_REQUESTED_BULK.name, IMAGE_SUBMITTED_BULK.name)


@dataclass(slots=True)
class Counts:
    """`unreadable` are records that break the contract, `homeless` outcomes of requests that
    neither the database nor the topics know any more."""

    read: int = 0
    requests: int = 0
    outcomes: int = 0
    cancels: int = 0
    homeless: int = 0
    unreadable: int = 0


@dataclass(slots=True)
class LogReader:
    """One run. `keep` is called after each batch with what has been written for good; None writes
    nothing for good."""

    kafka: KafkaSettings
    rebuild: Rebuild
    progress: Progress
    keep: Callable[[Progress], None] | None
    counts: Counts = field(default_factory=Counts)

    async def run(self) -> Counts:
        """A request by address is announced twice, and what it asked for comes first. Raises
        LogUnavailableError and StorageError: what was kept stays."""
        await self._each((IMAGE_REQUESTED, IMAGE_REQUESTED_BULK), self._add)
        await self._each((IMAGE_SUBMITTED, IMAGE_SUBMITTED_BULK), self._add)
        await self._each((CANCEL_REQUESTED,), self._cancel)
        await self._each(RESULTS, self._settle)
        return self.counts

    async def _each(
        self, topics: Sequence[Topic], write: "Callable[[list[_Read]], Awaitable[None]]"
    ) -> None:
        async for batch in self._batches(topics):
            self.counts.read += len(batch)
            readable = [one for record in batch if (one := self._decoded(record)) is not None]
            if readable:
                await write(readable)
            if self.keep is not None:
                await self.rebuild.commit()
                self.progress = self.progress.after(batch)
                self.keep(self.progress)

    async def _batches(self, topics: Sequence[Topic]) -> AsyncIterator[list[Record]]:
        batch: list[Record] = []
        async for record in read_history(self.kafka, topics, after=self.progress.positions):
            batch.append(record)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _decoded(self, record: Record) -> "_Read | None":
        try:
            return _Read(record, decode(record, topic_named(record.topic)))
        except InvalidMessageError:
            self.counts.unreadable += 1
            return None

    async def _add(self, batch: "list[_Read]") -> None:
        announced = [
            Announced(event, one.lane, one.record.at, one.envelope.traceparent)
            for one in batch
            if isinstance(event := one.envelope.event, ImageRequested | ImageSubmitted)
        ]
        self.counts.requests += await self.rebuild.add(announced)

    async def _cancel(self, batch: "list[_Read]") -> None:
        cancels = [
            Cancellation(event.tenant_id, event.request_id, event.requested_at)
            for one in batch
            if isinstance(event := one.envelope.event, CancelRequested)
        ]
        self.counts.cancels += await self.rebuild.cancel(cancels)

    async def _settle(self, batch: "list[_Read]") -> None:
        told = [
            Told(event, one.record.at)
            for one in batch
            if isinstance(event := one.envelope.event, ImageAnalyzed | AnalysisFailed)
        ]
        recorded, homeless = await self.rebuild.settle(told)
        self.counts.outcomes += recorded
        self.counts.homeless += homeless


@dataclass(frozen=True, slots=True)
class _Read:
    record: Record
    envelope: Envelope

    @property
    def lane(self) -> Lane:
        return "bulk" if self.record.topic in _BULK else "interactive"

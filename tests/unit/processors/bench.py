"""Everything around a processor as twins, and breakable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from processors.cancellations import Cancellations
from processors.outcomes import Outcomes
from processors.refusals import Refusals
from processors.scan.port import Scanner
from processors.scan.scan_picture import ScanPicture
from processors.scan.settings import ScannerSettings
from processors.settlement import Explain, Handler, Patience, Settlement
from processors.stored_pictures import StoredPictures
from schemas.contract import RequestEvent
from schemas.events import AnalysisFailed, CancelRequested, ImageAnalyzed
from storage.analyses_memory import MemoryAnalysisStore
from storage.audit import AuditLog
from storage.audit_memory import MemoryAuditStore
from storage.deliveries_memory import MemoryDeliveryStore
from storage.errors import StoreUnavailableError
from storage.images_memory import MemoryImageStore
from storage.ports import Analysis
from telemetry.metrics import Metrics
from tests.support.events import ACCEPTED_AT, record_of
from topics.catalog import ANALYSIS_FAILED, IMAGE_ANALYZED, IMAGE_SUBMITTED, Topic
from topics.errors import RecordTooLargeError
from topics.memory import MemoryLog, MemoryPublisher
from topics.records import OutgoingRecord, Record

NOW = ACCEPTED_AT + timedelta(minutes=1)
QUICK = Patience(pause_s=0, probe_every_s=0.001, limit_pause_s=0.001, limit_pause_max_s=0.002)


class BreakableImages(MemoryImageStore):
    """Refuses while `is_down`."""

    def __init__(self) -> None:
        super().__init__(now=lambda: NOW)
        self.is_down = False

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        self._check()
        return await super().get(key, max_bytes=max_bytes)

    async def put(self, key: str, body: BinaryIO, *, size_bytes: int, content_type: str) -> None:
        self._check()
        await super().put(key, body, size_bytes=size_bytes, content_type=content_type)

    def _check(self) -> None:
        if self.is_down:
            raise StoreUnavailableError("bucket", "the test says so")


class BreakableAnalyses(MemoryAnalysisStore):
    """Refuses while `is_down`; `is_elsewhere` gives the sweeper's lock to somebody else."""

    def __init__(self) -> None:
        super().__init__(now=lambda: NOW)
        self.is_down = False
        self.is_elsewhere = False

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        if self.is_down:
            raise StoreUnavailableError("postgres", "the test says so")
        return await super().find(tenant_id, request_id)

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[bool]:
        async with super().sweeping() as is_ours:
            yield is_ours and not self.is_elsewhere


class FussyPublisher(MemoryPublisher):
    """Finds every record for the topics in `too_large` too large."""

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(log)
        self.too_large: set[str] = set()

    async def forward(self, record: OutgoingRecord) -> None:
        if record.topic in self.too_large:
            raise RecordTooLargeError(record.topic)
        await super().forward(record)


@dataclass
class Bench:
    """A log, a bucket and a record in memory, with what processors are made from."""

    log: MemoryLog = field(default_factory=MemoryLog)
    images: BreakableImages = field(default_factory=BreakableImages)
    analyses: BreakableAnalyses = field(default_factory=BreakableAnalyses)
    metrics: Metrics = field(default_factory=Metrics)
    audit: MemoryAuditStore = field(default_factory=MemoryAuditStore)
    cancelled: Cancellations = field(default_factory=Cancellations)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.deliveries = MemoryDeliveryStore(self.analyses, now=self.clock)
        self.publisher = FussyPublisher(self.log)
        self.outcomes = Outcomes(self.publisher, self.analyses, self.cancelled)
        self.refusals = Refusals(self.publisher, self.images)

    def cancel(self, request: RequestEvent) -> None:
        """Every worker has heard that somebody wants it ended."""
        event = CancelRequested(
            request_id=request.request_id, tenant_id=request.tenant_id, requested_at=self.now
        )
        self.cancelled.on_record(record_of(event))

    def clock(self) -> datetime:
        return self.now

    def settlement(
        self,
        handle: Handler,
        *,
        topic: Topic = IMAGE_SUBMITTED,
        patience: Patience = QUICK,
        explain: Explain | None = None,
    ) -> Settlement:
        return Settlement(
            topic, handle, group="test-group", publisher=self.publisher, refusals=self.refusals,
            metrics=self.metrics, patience=patience, explain=explain,
        )  # fmt: skip

    def pictures(
        self,
        scanner: Scanner | None = None,
        settings: ScannerSettings | None = None,
        *,
        max_image_bytes: int = 1000,
    ) -> StoredPictures:
        scan = ScanPicture(
            scanner=scanner, settings=settings or ScannerSettings(), images=self.images,
            outcomes=self.outcomes, audit=AuditLog(self.audit, self.metrics), metrics=self.metrics,
        )  # fmt: skip
        return StoredPictures(
            images=self.images, scan=scan, outcomes=self.outcomes, max_image_bytes=max_image_bytes
        )

    def written(self, name: str) -> list[Record]:
        return self.log.records[name]

    def failures(self) -> list[AnalysisFailed]:
        written = self.written(ANALYSIS_FAILED.name)
        return [AnalysisFailed.read(record.value or b"") for record in written]

    def results(self) -> list[ImageAnalyzed]:
        written = self.written(IMAGE_ANALYZED.name)
        return [ImageAnalyzed.read(record.value or b"") for record in written]

    def count(self, name: str, /, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

"""The surroundings of a worker: fills the bucket and the log, starts workers, checks results."""

import asyncio
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processors.scan.settings import ScannerSettings
from schemas.events import ImageAnalyzed, ImageSubmitted
from schemas.pictures import object_key
from storage.images_s3 import S3ImageStore
from tests.support.events import image_submitted, new_request_id
from tests.support.services.connections import S3Server
from tests.support.worker_process import WorkerPlan, WorkerProcess
from topics.publisher import KafkaPublisher
from topics.records import Record
from topics.settings import KafkaSettings

QUICK = {
    "hold_probe_s": 0.3,
    "try_pause_s": 0.1,
    "retry_delay_s": 0.5,
    "drain_s": 3.0,
    "session_timeout_s": 6.0,
    "rebalance_timeout_s": 8.0,
    "live_every_s": 1.0,
    "live_grace_s": 8.0,
    "stuck_after_s": 20.0,
    "stop_deadline_s": 30.0,
}
"""Times for workers in tests: every one shorter than in production, in the same order."""


@dataclass
class Flow:
    kafka: KafkaSettings
    s3: S3Server
    bucket: str
    dsn: str
    tenant: str
    folder: Path
    images: S3ImageStore
    publisher: KafkaPublisher
    workers: list[WorkerProcess] = field(default_factory=list)
    scanner: ScannerSettings = field(default_factory=ScannerSettings)
    webhooks: dict[str, object] = field(default_factory=dict)

    def plan(self, *names: str, twin_delay_s: float | None = 0.0, **times: object) -> WorkerPlan:
        return WorkerPlan.model_validate(
            {
                "names": names,
                "kafka": self.kafka,
                "postgres_dsn": self.dsn,
                "s3_endpoint": self.s3.endpoint,
                "s3_access_key": self.s3.access_key,
                "s3_secret_key": self.s3.secret_key,
                "bucket": self.bucket,
                "worker": QUICK | times,
                "scanner": self.scanner,
                "webhooks": self.webhooks,
                "twin_delay_s": twin_delay_s,
            }
        )

    async def start(
        self, *names: str, twin_delay_s: float | None = 0.0, **times: object
    ) -> WorkerProcess:
        """A worker that is ready."""
        worker = self.start_soon(*names, twin_delay_s=twin_delay_s, **times)
        await asyncio.to_thread(worker.wait_until_ready)
        return worker

    def start_soon(
        self, *names: str, twin_delay_s: float | None = 0.0, **times: object
    ) -> WorkerProcess:
        """One that may take its time, as it does while nothing can be worked."""
        plan = self.plan(*names, twin_delay_s=twin_delay_s, **times)
        worker = WorkerProcess(plan, self.folder / f"worker-{len(self.workers)}.log")
        self.workers.append(worker)
        return worker

    async def submit(self, count: int) -> list[ImageSubmitted]:
        """Pictures of different lengths, stored and announced."""
        events = [self.announced(number) for number in range(1, count + 1)]
        await self.store(events)
        await asyncio.gather(*(self.publisher.publish(event) for event in events))
        return events

    def announced(self, size_bytes: int) -> ImageSubmitted:
        """The event of a picture of that many bytes, which is not stored."""
        now, request_id = datetime.now(UTC), new_request_id()
        sha256 = hashlib.sha256(_bytes(size_bytes)).hexdigest()
        return image_submitted(
            self.tenant, request_id=request_id, accepted_at=now,
            deadline_at=now + timedelta(hours=1), sha256=sha256, size_bytes=size_bytes,
            object_key=object_key(self.tenant, request_id, sha256),
        )  # fmt: skip

    async def store(self, events: Sequence[ImageSubmitted]) -> None:
        await asyncio.gather(
            *(
                self.images.put(
                    event.object_key, io.BytesIO(_bytes(event.size_bytes)),
                    size_bytes=event.size_bytes, content_type=event.content_type,
                )
                for event in events
            )
        )  # fmt: skip


def _bytes(number: int) -> bytes:
    return bytes(number % 256 for _ in range(number))


def check_results(submitted: Sequence[ImageSubmitted], records: Iterable[Record]) -> Counter[str]:
    """Every request has its own picture's result, and one only once equal ids are taken for one.
    How often each was told."""
    told: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    ids: dict[str, set[str | None]] = {}
    for record in records:
        event = ImageAnalyzed.read(record.value or b"")
        told[event.key] += 1
        ids.setdefault(event.key, set()).add(record.header("ce_id"))
        metadata = event.result.image_metadata
        assert metadata is not None
        sizes[event.key] = metadata.size_bytes
    assert sizes == {event.key: event.size_bytes for event in submitted}
    assert all(len(known) == 1 for known in ids.values())
    return told


def all_told(submitted: Sequence[ImageSubmitted], records: Iterable[Record]) -> bool:
    return {event.key.encode() for event in submitted} <= {record.key for record in records}

"""Acceptance: object, row, event, in this order, so that a crash between leaves nothing lost.

A request is accepted when its row is committed. What is stored without a row is reaped later;
what has a row and was never announced is announced by the sweeper.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from ingest_api.capacity import UnfinishedCap
from ingest_api.multipart import Form
from ingest_api.options import Wish
from schemas.events import ImageRequested, ImageSubmitted
from schemas.pictures import object_key
from storage.ports import AnalysisStore, ImageStore, Request
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.traces import TraceContext
from topics.errors import LogUnavailableError, RecordTooLargeError
from topics.publisher import EventPublisher

_log = get_logger(__name__)


class Acceptance:
    """`has_room` refuses before any byte of a body is read."""

    def __init__(
        self,
        *,
        images: ImageStore,
        analyses: AnalysisStore,
        publisher: EventPublisher,
        cap: UnfinishedCap,
        metrics: Metrics,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._images = images
        self._analyses = analyses
        self._publisher = publisher
        self._cap = cap
        self._metrics = metrics
        self._clock = clock
        self._new_id = new_id
        self._announce_failed_at: float | None = None

    async def has_room(self) -> None:
        """Raises RefusedError and StorageError."""
        await self._cap.check()

    async def accept_upload(
        self, tenant_id: str, form: Form, content_type: str, wish: Wish
    ) -> ImageSubmitted:
        """Stored and committed when it returns. Raises StorageError, and then nothing is
        promised."""
        request_id, now = self._new_id(), self._clock()
        request = ImageSubmitted(
            request_id=request_id,
            tenant_id=tenant_id,
            accepted_at=now,
            deadline_at=now + timedelta(seconds=wish.deadline_s),
            object_key=object_key(tenant_id, request_id, form.sha256),
            sha256=form.sha256,
            size_bytes=form.size_bytes,
            content_type=content_type,
            options=wish.options,
        )
        await self._images.put(
            request.object_key, form.image, size_bytes=form.size_bytes, content_type=content_type
        )
        await self._commit(request, door="upload")
        return request

    async def accept_url(self, tenant_id: str, image_url: str, wish: Wish) -> ImageRequested:
        """Committed when it returns. Raises StorageError, and then nothing is promised."""
        now = self._clock()
        request = ImageRequested(
            request_id=self._new_id(),
            tenant_id=tenant_id,
            accepted_at=now,
            deadline_at=now + timedelta(seconds=wish.deadline_s),
            image_url=image_url,
            options=wish.options,
        )
        await self._commit(request, door="url")
        return request

    async def announce(self, request: Request, trace: TraceContext) -> None:
        """A log that does not take it changes nothing for the client: the sweeper announces it."""
        try:
            await self._publisher.publish(request, traceparent=trace.traceparent)
            self._announce_failed_at = None
        except (LogUnavailableError, RecordTooLargeError) as error:
            self._announce_failed_at = time.monotonic()
            self._metrics.announce_failures.inc()
            _log.warning(
                "announce_failed", request_id=str(request.request_id), error=str(error)[:300]
            )

    def announces(self, *, within_s: float) -> bool:
        """Whether no announcement failed lately."""
        failed_at = self._announce_failed_at
        return failed_at is None or time.monotonic() - failed_at > within_s

    async def _commit(self, request: Request, *, door: str) -> None:
        await self._analyses.accept(request)
        self._cap.note_accepted()
        self._metrics.accepted.labels(door).inc()

"""Acceptance: object, row, event, in this order, so that a crash between leaves nothing lost.

A request is accepted when its row is committed. What is stored without a row is reaped later;
what has a row and was never announced is announced by the sweeper.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ingest_api.capacity import UnfinishedCap
from ingest_api.failpoints import Failpoint
from ingest_api.idempotency import ClientKey, check_same
from ingest_api.multipart import Form
from ingest_api.options import Wish
from schemas.events import ImageRequested, ImageSubmitted, Lane
from schemas.pictures import object_key
from storage.ports import AnalysisStore, IdempotencyKey, ImageStore, KeyUse, Request
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.traces import TraceContext, here_as_traceparent
from topics.catalog import work_topic
from topics.errors import LogUnavailableError, RecordTooLargeError
from topics.publisher import EventPublisher

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that has its row; `request` is None when an earlier one with the same
    Idempotency-Key has it."""

    tenant_id: str
    request_id: UUID
    request: Request | None = None
    lane: Lane = "interactive"

    @property
    def key(self) -> str:
        return f"{self.tenant_id}/{self.request_id}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the client calls its request, and what that name stood for before the body was read."""

    key: ClientKey
    standing: KeyUse | None


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
        failpoint: Failpoint,
    ) -> None:
        self._images = images
        self._analyses = analyses
        self._publisher = publisher
        self._cap = cap
        self._metrics = metrics
        self._clock = clock
        self._new_id = new_id
        self._failpoint = failpoint
        self._announce_failed_at: float | None = None

    async def has_room(self, tenant_id: str, key: ClientKey | None) -> Claim | None:
        """A repeat of an accepted request needs none. The claim is for `accept_…`, so that the name
        is looked up once. Raises RefusedError and StorageError."""
        standing = None if key is None else await self._analyses.find_key(tenant_id, key.text)
        if standing is None:
            await self._cap.check()
        return None if key is None else Claim(key, standing)

    async def accept_upload(
        self, tenant_id: str, form: Form, content_type: str, wish: Wish, claim: Claim | None
    ) -> Accepted:
        """Stored and committed when it returns. Raises RefusedError for a key that stands for
        another request, and StorageError; then nothing is promised."""
        request_id, now = self._new_id(), self._clock()
        named = None if claim is None else claim.key.naming(form.sha256, wish, now=now)
        if (earlier := _repeated(tenant_id, claim, named)) is not None:
            return earlier
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
        self._failpoint("after_object")
        return await self._commit(request, wish.lane, named, door="upload")

    async def accept_url(
        self, tenant_id: str, image_url: str, wish: Wish, claim: Claim | None
    ) -> Accepted:
        """Committed when it returns. Raises as `accept_upload` does."""
        now = self._clock()
        named = None if claim is None else claim.key.naming(image_url, wish, now=now)
        if (earlier := _repeated(tenant_id, claim, named)) is not None:
            return earlier
        request = ImageRequested(
            request_id=self._new_id(),
            tenant_id=tenant_id,
            accepted_at=now,
            deadline_at=now + timedelta(seconds=wish.deadline_s),
            image_url=image_url,
            options=wish.options,
        )
        return await self._commit(request, wish.lane, named, door="url")

    async def announce(self, accepted: Accepted, trace: TraceContext) -> None:
        """A log that does not take it changes nothing for the client: the sweeper announces it. A
        repeat was announced by the first."""
        request = accepted.request
        if request is None:
            return
        self._failpoint("after_row")
        topic = work_topic(type(request), accepted.lane)
        try:
            await self._publisher.publish(request, topic=topic, traceparent=trace.traceparent)
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

    async def _commit(
        self, request: Request, lane: Lane, named: IdempotencyKey | None, *, door: str
    ) -> Accepted:
        """The statement looks at the key again: of two at once with the same one is the repeat, and
        what it stored is reaped."""
        standing = await self._analyses.accept(
            request, lane=lane, idempotency=named, traceparent=here_as_traceparent()
        )
        if standing is not None and named is not None:
            return _as_repeat(request.tenant_id, standing, named)
        self._cap.note_accepted()
        self._metrics.accepted.labels(door).inc()
        return Accepted(request.tenant_id, request.request_id, request, lane)


def _repeated(tenant_id: str, claim: Claim | None, named: IdempotencyKey | None) -> Accepted | None:
    if claim is None or claim.standing is None or named is None:
        return None
    return _as_repeat(tenant_id, claim.standing, named)


def _as_repeat(tenant_id: str, standing: KeyUse, named: IdempotencyKey) -> Accepted:
    check_same(standing, named)
    return Accepted(tenant_id, standing.request_id)

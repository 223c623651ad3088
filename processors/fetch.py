"""image-requested -> fetch -> image-submitted."""

import asyncio
import hashlib
import io
from collections.abc import Callable
from datetime import datetime

from outbound.errors import (
    BlockedAddressError,
    FetchFailedError,
    FetchTooLargeError,
    InvalidUrlError,
)
from outbound.urls import host_of
from processors.counted_client import CountedClient
from processors.outcomes import Outcomes
from schemas.events import ImageRequested, ImageSubmitted
from schemas.failures import FailureCode
from schemas.pictures import content_type_of, object_key
from storage.audit import Action, AuditLog
from storage.ports import ImageStore
from telemetry.logs import get_logger
from telemetry.spans import step
from telemetry.traces import from_traceparent
from topics.catalog import Topic
from topics.codec import Envelope
from topics.publisher import EventPublisher

_log = get_logger(__name__)
_TRIES = 3


class PictureRefusedError(Exception):
    """The address gives no picture that we take; final for this request."""

    def __init__(self, code: FailureCode, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


class FetchImage:
    """Downloads through the guarded client, stores, then announces the stored picture. Whatever
    is wrong with the address is answered with a code only: nothing the other side said."""

    def __init__(
        self,
        *,
        client: CountedClient,
        images: ImageStore,
        publisher: EventPublisher,
        outcomes: Outcomes,
        audit: AuditLog,
        clock: Callable[[], datetime],
        announce_on: Topic,
        pause_s: float = 1.0,
    ) -> None:
        self._client = client
        self._images = images
        self._publisher = publisher
        self._outcomes = outcomes
        self._audit = audit
        self._clock = clock
        self._announce_on = announce_on
        self._pause_s = pause_s

    async def __call__(self, envelope: Envelope) -> None:
        requested, trace = _requested(envelope.event), envelope.traceparent
        if await self._outcomes.end_if_unwanted(requested, self._clock(), traceparent=trace):
            return
        try:
            picture = await self._download(requested.image_url)
            submitted = to_submitted(requested, picture)
        except PictureRefusedError as error:
            if error.code is FailureCode.ADDRESS_NOT_ALLOWED:
                await self._note_blocked(requested, trace)
            await self._outcomes.fail(
                requested, error.code, str(error), traceparent=trace, retryable=error.retryable
            )
            return
        if await self._outcomes.end_if_unwanted(requested, self._clock(), traceparent=trace):
            return
        await self._images.put(
            submitted.object_key, io.BytesIO(picture),
            size_bytes=len(picture), content_type=submitted.content_type,
        )  # fmt: skip
        await self._publisher.publish(submitted, topic=self._announce_on, traceparent=trace)
        _log.info("image_fetched", size_bytes=len(picture))

    async def _note_blocked(self, requested: ImageRequested, traceparent: str | None) -> None:
        await self._audit.note(
            Action.ADDRESS_BLOCKED,
            outcome="refused",
            tenant_id=requested.tenant_id,
            target=str(requested.request_id),
            trace_id=from_traceparent(traceparent).trace_id,
            host=host_of(requested.image_url),
        )

    async def _download(self, url: str) -> bytes:
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._get(url, attempt)
            except (BlockedAddressError, InvalidUrlError):
                raise _refused_address() from None
            except FetchTooLargeError:
                message = "The picture at the address is larger than the limit."
                raise PictureRefusedError(FailureCode.IMAGE_TOO_LARGE, message) from None
            except FetchFailedError as error:
                _log.warning("fetch_failed", attempt=attempt, error=str(error))
                if attempt == _TRIES or not error.retryable:
                    raise _unreachable(retryable=error.retryable) from None
            await asyncio.sleep(self._pause_s * attempt)
        raise _unreachable(retryable=True)

    async def _get(self, url: str, attempt: int) -> bytes:
        """Of the address the span tells the host alone: a path may be a capability."""
        known = {"http.request.method": "GET", "server.address": host_of(url)}
        with step("GET", "client", known) as span:
            if attempt > 1:
                span.note({"http.request.resend_count": attempt - 1})
            answer = await self._client.get(url)
            span.note({"http.response.status_code": 200})
        return answer.body


def to_submitted(requested: ImageRequested, picture: bytes) -> ImageSubmitted:
    """Raises PictureRefusedError when the bytes are no picture by their first bytes."""
    content_type = content_type_of(picture[:16])
    if content_type is None:
        message = "The address does not give a JPEG, PNG, WEBP or GIF picture."
        raise PictureRefusedError(FailureCode.IMAGE_UNSUPPORTED, message)
    sha256 = hashlib.sha256(picture).hexdigest()
    return ImageSubmitted(
        request_id=requested.request_id,
        tenant_id=requested.tenant_id,
        accepted_at=requested.accepted_at,
        deadline_at=requested.deadline_at,
        object_key=object_key(requested.tenant_id, requested.request_id, sha256),
        sha256=sha256,
        size_bytes=len(picture),
        content_type=content_type,
        options=requested.options,
    )


def _refused_address() -> PictureRefusedError:
    return PictureRefusedError(FailureCode.ADDRESS_NOT_ALLOWED, "The address is not allowed.")


def _unreachable(*, retryable: bool) -> PictureRefusedError:
    message = "The address did not give the picture."
    return PictureRefusedError(FailureCode.FETCH_FAILED, message, retryable=retryable)


def _requested(event: object) -> ImageRequested:
    if not isinstance(event, ImageRequested):
        raise TypeError(f"expected image-requested, got {type(event).__name__}")
    return event

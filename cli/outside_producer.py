"""An outside producer: a picture into the bucket, an event into an inbox, the outcome from the log.

It uses nothing but what a stranger has: the bucket, the topics, the schemas and an API key.
"""

import asyncio
import contextlib
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from cli.exit_codes import CommandError
from schemas.events import (
    AnalysisFailed,
    ImageAnalyzed,
    ImageRequestedInbox,
    ImageSubmittedInbox,
    InboxEvent,
)
from schemas.pictures import content_type_of
from schemas.result import AnalysisResult
from storage.opening import open_images
from storage.settings import BucketSettings
from telemetry.metrics import Metrics
from topics.catalog import LOG_IDENTITY, RESULTS, topic_named, topic_of
from topics.codec import decode, encode_inbox
from topics.errors import InvalidMessageError, LogUnavailableError
from topics.publisher import KafkaPublisher
from topics.records import Record
from topics.rights import Rights, require_rights
from topics.settings import KafkaSettings
from topics.tail import KafkaTail
from topics.tail_start import Now

_BUDGET_S = 10.0
_SOURCE = "/image-analyzer/produce"


class NoOutcomeError(CommandError):
    """It was sent, and nothing was heard of it within the wait."""


class RequestFailedError(CommandError):
    """The analysis failed, or the request was refused; the text has the code."""


@dataclass(frozen=True, slots=True)
class OutsideProducer:
    """`tenant_id` is that of the API key: object keys and record keys begin with it. An inbox that
    is bound to one tenant needs no key."""

    kafka: KafkaSettings
    tenant_id: str
    api_key: str | None

    async def put(self, bucket: BucketSettings, picture: bytes, **fields: Any) -> InboxEvent:
        """The event of a picture that lies in the bucket when this returns; the same bytes lie
        there once. Raises StorageError, and ValueError for what is no picture."""
        content_type = content_type_of(picture[:16])
        if content_type is None:
            raise ValueError("neither JPEG, PNG, WEBP nor GIF by its first bytes")
        sha256 = hashlib.sha256(picture).hexdigest()
        event = ImageSubmittedInbox(
            object_key=f"{self.tenant_id}/inbox/{sha256}", sha256=sha256,
            size_bytes=len(picture), content_type=content_type, **fields,
        )  # fmt: skip
        images = open_images(bucket, Metrics())
        try:
            body = io.BytesIO(picture)
            size = len(picture)
            await images.put(event.object_key, body, size_bytes=size, content_type=content_type)
        finally:
            await images.aclose()
        return event

    def ask_for(self, image_url: str, **fields: Any) -> InboxEvent:
        """The event of a picture at an address. Raises pydantic.ValidationError."""
        return ImageRequestedInbox(image_url=image_url, **fields)

    async def send(self, event: InboxEvent, *, traceparent: str | None = None) -> None:
        """Confirmed by the log when it returns, and part of the caller's trace when there is one.
        Raises BrokerRefusesError before anything is sent, LogUnavailableError and
        RecordTooLargeError."""
        await require_rights(self.kafka, Rights(write=[topic_of(type(event)).name]))
        record = encode_inbox(event, self.tenant_id, source=_SOURCE, credential=self.api_key)
        if traceparent is not None:
            record = replace(
                record, headers=(*record.headers, ("traceparent", traceparent.encode()))
            )
        publisher = KafkaPublisher(self.kafka, source=_SOURCE, budget_s=_BUDGET_S)
        try:
            await publisher.start()
            await publisher.forward(record)
        finally:
            await publisher.aclose()

    @contextlib.asynccontextmanager
    async def watching(self, event: InboxEvent) -> AsyncIterator["Outcome"]:
        """Inside, the outcome of the request is heard of on the result topics. Raises
        BrokerRefusesError when this user may not read them, and LogUnavailableError."""
        readable = [topic.name for topic in (*RESULTS, LOG_IDENTITY)]
        await require_rights(self.kafka, Rights(read=readable))
        outcome = Outcome(f"{self.tenant_id}/{event.request_id}")
        tail = KafkaTail(self.kafka, RESULTS, outcome.on_record, start=Now())
        await tail.start()
        try:
            await _caught_up(tail)
            yield outcome
        finally:
            await tail.aclose()


async def _caught_up(tail: KafkaTail) -> None:
    try:
        await asyncio.wait_for(tail.wait_until_caught_up(), _BUDGET_S)
    except TimeoutError:
        raise LogUnavailableError(
            f"the result topics could not be read within {_BUDGET_S:g} s"
        ) from None


class Outcome:
    """The first result, or the first failure, of one request."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._told: asyncio.Queue[ImageAnalyzed | AnalysisFailed] = asyncio.Queue()

    def on_record(self, record: Record) -> None:
        if record.key != self._key:
            return
        with contextlib.suppress(InvalidMessageError):
            event = decode(record, topic_named(record.topic)).event
            if isinstance(event, ImageAnalyzed | AnalysisFailed):
                self._told.put_nowait(event)

    async def within(self, wait_s: float, request_id: UUID) -> AnalysisResult:
        try:
            event = await asyncio.wait_for(self._told.get(), wait_s)
        except TimeoutError:
            raise NoOutcomeError(
                f"{request_id}: sent, and no outcome within {wait_s:g} s; the topics will tell"
            ) from None
        if isinstance(event, AnalysisFailed):
            raise RequestFailedError(f"{request_id}: {event.code.value}: {event.message}")
        return event.result

"""Valid events and records for tests: every field has a sensible value, any may be given."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from schemas.contract import RequestEvent
from schemas.events import (
    AnalysisFailed,
    CancelRequested,
    ImageAnalyzed,
    ImageRequested,
    ImageRequestedInbox,
    ImageSubmitted,
    ImageSubmittedInbox,
)
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from schemas.pictures import object_key
from schemas.result import AnalysisResult, BoundingBox, DetectedObject, ImageMetadata, ModelInfo
from topics.catalog import Topic, topic_of
from topics.codec import encode
from topics.records import OutgoingRecord, Record

ACCEPTED_AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
PICTURE_SHA256 = "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b"
MODEL = ModelInfo(
    name="centernet-mbv3",
    version="1.0.0",
    sha256="c5ac3d8e0a4d5b4a1f5e0d5f7f7b5e0b6a4f4f2e9d3c2b1a0f9e8d7c6b5a4938",
)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def new_request_id() -> UUID:
    return uuid7()


def image_requested(tenant_id: str = "acme", **fields: Any) -> ImageRequested:
    defaults = _work_fact(tenant_id) | {"image_url": "https://pictures.example/street.jpg"}
    return ImageRequested(**(defaults | fields))


def image_submitted(tenant_id: str = "acme", **fields: Any) -> ImageSubmitted:
    fact = _work_fact(tenant_id) | fields
    defaults = {
        "object_key": object_key(tenant_id, fact["request_id"], PICTURE_SHA256),
        "sha256": PICTURE_SHA256,
        "size_bytes": 161_320,
        "content_type": "image/jpeg",
    }
    return ImageSubmitted(**(defaults | fact))


def image_analyzed(tenant_id: str = "acme", **fields: Any) -> ImageAnalyzed:
    fact = _fact(tenant_id) | fields
    fact.setdefault("result", analysis_result(fact["request_id"], timestamp=fact["accepted_at"]))
    return ImageAnalyzed(**fact)


def analysis_failed(tenant_id: str = "acme", **fields: Any) -> AnalysisFailed:
    defaults = _fact(tenant_id) | {
        "code": FailureCode.IMAGE_UNDECODABLE,
        "message": "the picture ends before its last row",
        "retryable": False,
        "attempts": 1,
    }
    return AnalysisFailed(**(defaults | fields))


def cancel_requested(tenant_id: str = "acme", **fields: Any) -> CancelRequested:
    defaults = {
        "request_id": new_request_id(),
        "tenant_id": tenant_id,
        "requested_at": ACCEPTED_AT + timedelta(seconds=2),
    }
    return CancelRequested(**(defaults | fields))


def image_requested_inbox(**fields: Any) -> ImageRequestedInbox:
    defaults = {"request_id": new_request_id(), "image_url": "https://pictures.example/street.jpg"}
    return ImageRequestedInbox(**(defaults | fields))


def image_submitted_inbox(tenant_id: str = "acme", **fields: Any) -> ImageSubmittedInbox:
    defaults = {
        "request_id": new_request_id(),
        "object_key": f"{tenant_id}/cameras/north/17.jpg",
        "sha256": PICTURE_SHA256,
        "size_bytes": 161_320,
        "content_type": "image/jpeg",
    }
    return ImageSubmittedInbox(**(defaults | fields))


def one_of_each(tenant_id: str = "acme") -> tuple[RequestEvent, ...]:
    """Every class of event that names a tenant, each of a request of its own."""
    makers: tuple[Callable[[str], RequestEvent], ...] = (
        image_requested, image_submitted, image_analyzed, analysis_failed, cancel_requested,
    )  # fmt: skip
    return tuple(make(tenant_id) for make in makers)


def analysis_result(request_id: UUID, **fields: Any) -> AnalysisResult:
    defaults: dict[str, Any] = {
        "request_id": request_id,
        "timestamp": ACCEPTED_AT,
        "detected_objects": (detected_object(request_id),),
        "image_metadata": ImageMetadata(
            width=1280, height=960, format="JPEG", size_bytes=161_320, color_space="RGB"
        ),
        "processing_time_ms": 48.5,
        "confidence_threshold": 0.5,
        "total_objects_detected": 1,
        "model": MODEL,
    }
    return AnalysisResult(**(defaults | fields))


def detected_object(request_id: UUID, **fields: Any) -> DetectedObject:
    defaults: dict[str, Any] = {
        "object_id": f"{request_id}-0",
        "name": "dog",
        "confidence": 0.8125,
        "bounding_box": BoundingBox(x=0.1, y=0.25, width=0.5, height=0.5),
    }
    return DetectedObject(**(defaults | fields))


def record_of(
    event: RequestEvent, topic: Topic | None = None, *, partition: int = 0, offset: int = 0
) -> Record:
    """The event as its consumer reads it."""
    home = topic or topic_of(type(event))
    out = encode(event, home, source="test", traceparent=TRACEPARENT)
    return placed(out, partition=partition, offset=offset)


def placed(
    out: OutgoingRecord,
    *,
    partition: int = 0,
    offset: int = 0,
    timestamp_ms: int = 1_772_366_400_250,
) -> Record:
    """An outgoing record once it lies in the log."""
    return Record(
        out.topic, partition, offset, timestamp_ms, out.key, out.value, out.headers
    )  # fmt: skip


def _fact(tenant_id: str) -> dict[str, Any]:
    return {
        "request_id": new_request_id(),
        "tenant_id": tenant_id,
        "accepted_at": ACCEPTED_AT,
    }


def _work_fact(tenant_id: str) -> dict[str, Any]:
    return _fact(tenant_id) | {
        "deadline_at": ACCEPTED_AT + timedelta(hours=1),
        "options": AnalysisOptions(),
    }

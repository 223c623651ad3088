"""Requests, facts and analyses to test stores with."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from schemas.events import AnalysisFailed, ImageAnalyzed, ImageRequested, ImageSubmitted
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from schemas.result import (
    AnalysisResult,
    BoundingBox,
    DetectedObject,
    ImageMetadata,
    ModelInfo,
)
from storage.ports import Analysis, Completed, Failed, Request

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def url_request(tenant_id: str = "acme", **changes: Any) -> ImageRequested:
    fields: dict[str, Any] = {
        "request_id": uuid4(),
        "tenant_id": tenant_id,
        "accepted_at": NOON,
        "deadline_at": NOON + timedelta(hours=1),
        "image_url": "https://example.org/a.jpg?b=ü",
        "options": AnalysisOptions(labels=("dog", "cat"), confidence_threshold=0.1),
    }
    return ImageRequested(**fields | changes)


def upload_request(tenant_id: str = "acme", **changes: Any) -> ImageSubmitted:
    request_id = changes.get("request_id") or uuid4()
    fields: dict[str, Any] = {
        "request_id": request_id,
        "tenant_id": tenant_id,
        "accepted_at": NOON,
        "deadline_at": NOON + timedelta(hours=1),
        "object_key": f"{tenant_id}/{request_id}/{'0' * 64}",
        "sha256": "0" * 64,
        "size_bytes": 5_000_000_000,
        "content_type": "image/png",
        "options": AnalysisOptions(),
    }
    return ImageSubmitted(**fields | changes)


def result_of(request_id: UUID, *, name: str = "dog") -> AnalysisResult:
    box = BoundingBox(x=0.1, y=0.2, width=0.30000000000000004, height=1e-9)
    return AnalysisResult(
        request_id=request_id,
        timestamp=NOON,
        detected_objects=(
            DetectedObject(object_id="o-1", name=name, confidence=0.87, bounding_box=box),
        ),
        image_metadata=ImageMetadata(
            width=640, height=480, format="JPEG", size_bytes=1000, color_space="RGB"
        ),
        processing_time_ms=12.345,
        confidence_threshold=0.5,
        total_objects_detected=1,
        model=ModelInfo(name="yolox-nano", version="0.1.1", sha256="a" * 64),
    )


def analyzed(request: Request, *, name: str = "dog") -> ImageAnalyzed:
    return ImageAnalyzed(
        request_id=request.request_id,
        tenant_id=request.tenant_id,
        accepted_at=request.accepted_at,
        result=result_of(request.request_id, name=name),
    )


def failed(
    request: Request,
    code: FailureCode = FailureCode.FETCH_FAILED,
    *,
    message: str = "the server said 500",
) -> AnalysisFailed:
    return AnalysisFailed(
        request_id=request.request_id,
        tenant_id=request.tenant_id,
        accepted_at=request.accepted_at,
        code=code,
        message=message,
        retryable=True,
        attempts=3,
    )


def completed_analysis(request: Request | None = None) -> Analysis:
    request = request or upload_request()
    return Analysis(request, Completed(NOON, result_of(request.request_id)))


def failed_analysis(request: Request | None = None) -> Analysis:
    outcome = Failed(NOON, FailureCode.CANCELLED, "cancelled by the client", False, 0)
    return Analysis(request or url_request(), outcome)

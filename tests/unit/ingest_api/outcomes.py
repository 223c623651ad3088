"""Outcomes of requests, as a worker would say them."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from schemas.contract import RequestFact
from schemas.events import AnalysisFailed, ImageAnalyzed
from schemas.failures import FailureCode
from schemas.result import (
    AnalysisResult,
    BoundingBox,
    DetectedObject,
    ImageMetadata,
    ModelInfo,
)

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def result_of(request_id: UUID) -> AnalysisResult:
    box = BoundingBox(x=0.1, y=0.2, width=0.3, height=0.4)
    found = DetectedObject(object_id="obj_1_0", name="cat", confidence=0.9, bounding_box=box)
    return AnalysisResult(
        request_id=request_id,
        timestamp=NOON,
        detected_objects=(found,),
        image_metadata=ImageMetadata(
            width=64, height=48, format="jpeg", size_bytes=1000, color_space="RGB"
        ),
        processing_time_ms=12.5,
        confidence_threshold=0.5,
        total_objects_detected=1,
        model=ModelInfo(name="twin", version="1", sha256="0" * 64),
    )


def analyzed(request: RequestFact) -> ImageAnalyzed:
    return ImageAnalyzed(
        request_id=request.request_id,
        tenant_id=request.tenant_id,
        accepted_at=request.accepted_at,
        result=result_of(request.request_id),
    )


def failed(request: RequestFact, code: FailureCode) -> AnalysisFailed:
    return AnalysisFailed(
        request_id=request.request_id,
        tenant_id=request.tenant_id,
        accepted_at=request.accepted_at,
        code=code,
        message=f"the twin says {code.value}",
        retryable=False,
        attempts=1,
    )


def somebodys(tenant_id: str = "acme") -> ImageAnalyzed:
    """An outcome of a request that nobody made here."""
    request_id = uuid4()
    return ImageAnalyzed(
        request_id=request_id, tenant_id=tenant_id, accepted_at=NOON, result=result_of(request_id)
    )

"""image-submitted -> detect -> image-analyzed."""

import time
from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime

from processors.detectors.port import (
    Detections,
    Detector,
    DetectorCrashedError,
    NotWantedError,
    PictureError,
    Selection,
    UnknownModelError,
)
from processors.errors import TransientWorkError
from processors.outcomes import Outcomes
from processors.stored_pictures import StoredPictures
from schemas.events import ImageAnalyzed, ImageSubmitted
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from schemas.result import AnalysisResult, BoundingBox, DetectedObject, ImageMetadata, ModelInfo
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.spans import Attributes, step
from topics.codec import Envelope
from topics.errors import InvalidMessageError
from topics.publisher import EventPublisher

_log = get_logger(__name__)


def to_selection(options: AnalysisOptions) -> Selection:
    return Selection(
        confidence_threshold=options.confidence_threshold,
        iou_threshold=options.iou_threshold,
        max_objects=options.max_objects,
        labels=None if options.labels is None else frozenset(options.labels),
    )


def to_result(submitted: ImageSubmitted, found: Detections, model: ModelInfo) -> AnalysisResult:
    """The result document. Ids and time derive from the acceptance: a repeat gives the same."""
    picture = found.picture
    accepted_ms = int(submitted.accepted_at.timestamp() * 1000)
    objects = tuple(
        DetectedObject(
            object_id=f"obj_{number}_{accepted_ms}",
            name=one.name,
            confidence=round(one.confidence, 4),
            bounding_box=BoundingBox(
                x=round(one.x, 5), y=round(one.y, 5),
                width=round(one.width, 5), height=round(one.height, 5),
            ),
        )
        for number, one in enumerate(found.objects, start=1)
    )  # fmt: skip
    metadata = ImageMetadata(
        width=picture.width, height=picture.height, format=picture.format,
        size_bytes=picture.size_bytes, color_space=picture.color_space,
    )  # fmt: skip
    return AnalysisResult(
        request_id=submitted.request_id,
        timestamp=submitted.accepted_at,
        detected_objects=objects,
        image_metadata=metadata if submitted.options.include_metadata else None,
        processing_time_ms=round(found.took_ms, 2),
        confidence_threshold=submitted.options.confidence_threshold,
        total_objects_detected=len(objects),
        model=model,
    )


class DetectImage:
    """Takes the picture that was announced, once nothing is known against it, detects, publishes
    the result."""

    def __init__(
        self,
        *,
        pictures: StoredPictures,
        detector: Detector,
        publisher: EventPublisher,
        outcomes: Outcomes,
        metrics: Metrics,
        clock: Callable[[], datetime],
        interactive: bool,
    ) -> None:
        self._pictures = pictures
        self._detector = detector
        self._publisher = publisher
        self._outcomes = outcomes
        self._metrics = metrics
        self._clock = clock
        self._interactive = interactive
        self._lane = "interactive" if interactive else "bulk"

    async def __call__(self, envelope: Envelope) -> None:
        submitted, trace = _submitted(envelope.event), envelope.traceparent
        if await self._outcomes.end_if_unwanted(submitted, self._clock(), traceparent=trace):
            return
        picture = await self._pictures.take(submitted, traceparent=trace)
        if picture is None:
            return
        try:
            found = await self._detect(submitted, picture)
        except NotWantedError:
            await self._outcomes.end_if_unwanted(submitted, self._clock(), traceparent=trace)
        except PictureError as error:
            await self._outcomes.fail(submitted, error.code, error.message, traceparent=trace)
        except UnknownModelError as error:
            await self._outcomes.fail(
                submitted, FailureCode.MODEL_UNKNOWN, str(error), traceparent=trace
            )
        else:
            await self._publish(submitted, found, trace)

    async def _detect(self, submitted: ImageSubmitted, picture: bytes) -> Detections:
        selection, began = to_selection(submitted.options), time.perf_counter()
        try:
            with step("detect", "internal") as span:
                found = await self._detector.detect(
                    picture, selection, model=submitted.options.model,
                    interactive=self._interactive,
                    is_wanted=lambda: self._outcomes.is_wanted(submitted, self._clock()),
                )  # fmt: skip
                span.note(_told_of(found))
                waited_s = time.perf_counter() - began - found.took_ms / 1000
                self._metrics.detect_wait_seconds.labels(self._lane).observe(max(0.0, waited_s))
                return found
        except DetectorCrashedError as error:
            self._metrics.detector_failures.inc()
            raise TransientWorkError(str(error)) from error

    async def _publish(
        self, submitted: ImageSubmitted, found: Detections, trace: str | None
    ) -> None:
        result = to_result(submitted, found, self._detector.model(found.model))
        analyzed = ImageAnalyzed(
            request_id=submitted.request_id, tenant_id=submitted.tenant_id,
            accepted_at=submitted.accepted_at, result=result,
        )  # fmt: skip
        await self._publisher.publish(analyzed, traceparent=trace)
        self._metrics.inference_seconds.labels(found.model).observe(found.took_ms / 1000)
        for one in found.objects:
            self._metrics.detected_objects.labels(one.name, _bucket_of(one.confidence)).inc()
        _log.info("image_analyzed", objects=len(found.objects), took_ms=result.processing_time_ms)


def _bucket_of(confidence: float) -> str:
    """As the label of the metric has it."""
    edges = (0.0, 0.3, 0.5, 0.7, 0.9, 1.0)
    place = min(bisect_right(edges, confidence), len(edges) - 1)
    return f"{edges[place - 1]:.1f}-{edges[place]:.1f}"


def _told_of(found: Detections) -> Attributes:
    """`inference_ms` is without the wait for a child."""
    return {
        "analyzer.model": found.model,
        "analyzer.objects": len(found.objects),
        "analyzer.inference_ms": found.took_ms,
    }


def _submitted(event: object) -> ImageSubmitted:
    """Raises InvalidMessageError when the object lies outside the prefix of the event's tenant."""
    if not isinstance(event, ImageSubmitted):
        raise TypeError(f"expected image-submitted, got {type(event).__name__}")
    if not event.object_key.startswith(f"{event.tenant_id}/"):
        raise InvalidMessageError("object_foreign", "object_key is not below the tenant's prefix")
    return event

"""The result document: what was found in one picture, by which model."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.contract import Contract, Instant, Sha256

Fraction = Annotated[float, Field(ge=0, le=1)]


class BoundingBox(Contract):
    """Fractions of the upright image (EXIF orientation applied); x, y is the top-left corner."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


class DetectedObject(Contract):
    """One object. `object_id` is unique within the result and the same when the work is redone."""

    object_id: str
    name: str
    confidence: Fraction
    bounding_box: BoundingBox


class ImageMetadata(Contract):
    """Of the picture as it came; width and height in pixels after EXIF orientation."""

    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    format: str
    size_bytes: Annotated[int, Field(ge=1)]
    color_space: str


class ModelInfo(Contract):
    """What ran: catalog name, version, and the SHA-256 of the model file."""

    name: str
    version: str
    sha256: Sha256


class AnalysisResult(Contract):
    """`timestamp` is the moment of acceptance, so that a repeat of the work gives equal bytes;
    `processing_time_ms` is the time in the worker: decode, inference and selection."""

    request_id: UUID
    timestamp: Instant
    detected_objects: tuple[DetectedObject, ...]
    image_metadata: ImageMetadata | None
    processing_time_ms: Annotated[float, Field(ge=0)]
    confidence_threshold: Fraction
    total_objects_detected: Annotated[int, Field(ge=0)]
    model: ModelInfo

"""What a client may ask of an analysis; the same at every door."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, field_validator

from schemas.contract import Contract
from schemas.labels import COCO_LABELS

NAMED_THRESHOLDS: Final = {"low": 0.3, "medium": 0.5, "high": 0.7}


def _named_threshold(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and value not in NAMED_THRESHOLDS):
        raise ValueError("must be low, medium, high or a number from 0 to 1")
    return NAMED_THRESHOLDS[value] if isinstance(value, str) else value


_FRACTION: Final = {"type": "number", "minimum": 0, "maximum": 1}
_NAME: Final = {"type": "string", "enum": sorted(NAMED_THRESHOLDS)}

ConfidenceThreshold = Annotated[
    float,
    BeforeValidator(_named_threshold),
    Field(ge=0, le=1),
    WithJsonSchema({"anyOf": [_FRACTION, _NAME]}, mode="validation"),
    WithJsonSchema(_FRACTION, mode="serialization"),
]
"""A fraction, or its name; written as the number."""


class AnalysisOptions(Contract):
    """Defaults are what a client gets who asks for nothing.

    `confidence_threshold` and `iou_threshold` are fractions from 0 to 1; `labels` keeps only the
    named COCO objects (null: all); `model` names an entry of the model catalog (null: the preferred
    one that is installed); `callback_url` is where the outcome is posted (null: nowhere).
    """

    confidence_threshold: ConfidenceThreshold = 0.5
    max_objects: Annotated[int, Field(ge=1, le=100, strict=True)] = 50
    include_metadata: Annotated[bool, Field(strict=True)] = True
    labels: Annotated[tuple[str, ...], Field(min_length=1, max_length=80)] | None = None
    iou_threshold: Annotated[float, Field(ge=0, le=1)] = 0.45
    model: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")] | None = None
    callback_url: Annotated[str, StringConstraints(min_length=1, max_length=2048)] | None = None

    @field_validator("labels")
    @classmethod
    def _labels_are_known(cls, labels: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = sorted(set(labels or ()) - set(COCO_LABELS))
        if unknown:
            raise ValueError(f"not COCO 2017 names: {', '.join(unknown)[:200]}")
        return None if labels is None else tuple(sorted(set(labels)))

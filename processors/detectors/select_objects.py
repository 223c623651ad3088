"""From candidates to the objects that were asked for: labels, threshold, overlap, number."""

import numpy as np
from numpy.typing import NDArray

from processors.detectors.candidates import Candidates, Floats
from processors.detectors.found import Detection, Selection
from processors.detectors.nms import suppress
from schemas.labels import COCO_LABELS

_MOST_COMPARED = 1_000
_DECIMALS = 6


def select_objects(
    candidates: Candidates, selection: Selection, *, extent: tuple[float, float]
) -> tuple[Detection, ...]:
    """Objects by falling confidence; equal ones keep the model's order.

    `extent` is the upright picture's (width, height) in input pixels. Boxes are clipped to it; a
    box with nothing left, and any value that is no finite number or no probability, is dropped.
    Only the 1,000 surest candidates are compared with each other.
    """
    confidence = np.round(candidates.confidence.astype(np.float64), _DECIMALS)
    clipped = _to_fractions(candidates.corners, extent)
    wanted = _is_sound(candidates, clipped) & (confidence <= 1)
    wanted &= confidence >= selection.confidence_threshold
    if selection.labels is not None:
        wanted &= np.isin(candidates.label, _numbers(selection.labels))
    chosen = np.flatnonzero(wanted)
    chosen = chosen[np.argsort(-confidence[chosen], kind="stable")][:_MOST_COMPARED]
    kept = suppress(
        candidates.corners[chosen],
        candidates.label[chosen],
        iou_threshold=selection.iou_threshold,
        limit=selection.max_objects,
    )
    return tuple(
        _to_detection(COCO_LABELS[candidates.label[i]], float(confidence[i]), clipped[i])
        for i in chosen[kept]
    )


def _to_fractions(corners: Floats, extent: tuple[float, float]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        fractions = corners.astype(np.float64) / (extent * 2)
        return np.round(fractions.clip(0, 1), _DECIMALS)


def _is_sound(candidates: Candidates, clipped: NDArray[np.float64]) -> NDArray[np.bool_]:
    finite = np.isfinite(candidates.corners).all(axis=1) & np.isfinite(candidates.confidence)
    known = (candidates.label >= 0) & (candidates.label < len(COCO_LABELS))
    has_area = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
    return np.asarray(finite & known & has_area, np.bool_)


def _numbers(labels: frozenset[str]) -> list[int]:
    return [number for number, name in enumerate(COCO_LABELS) if name in labels]


def _to_detection(name: str, confidence: float, corners: NDArray[np.float64]) -> Detection:
    left, top, right, bottom = (float(edge) for edge in corners)
    return Detection(
        name=name,
        confidence=confidence,
        x=left,
        y=top,
        width=round(right - left, _DECIMALS),
        height=round(bottom - top, _DECIMALS),
    )

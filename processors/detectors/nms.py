"""Non-maximum suppression per class: of boxes that overlap too much the surest one stays."""

import numpy as np
from numpy.typing import NDArray

from processors.detectors.candidates import Floats


def suppress(
    corners: Floats, label: NDArray[np.int64], *, iou_threshold: float, limit: int
) -> list[int]:
    """Indices of the boxes that stay, at most `limit`; the boxes come by falling confidence.

    A box goes when it overlaps one of its own class that stays by more than `iou_threshold`.
    Every box must have an area.
    """
    area = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    waiting = np.arange(len(corners))
    kept: list[int] = []
    while len(waiting) and len(kept) < limit:
        best, rest = waiting[0], waiting[1:]
        kept.append(int(best))
        top_left = np.maximum(corners[best, :2], corners[rest, :2])
        bottom_right = np.minimum(corners[best, 2:], corners[rest, 2:])
        common = (bottom_right - top_left).clip(0).prod(axis=1)
        overlap = common / (area[best] + area[rest] - common)
        waiting = rest[(overlap <= iou_threshold) | (label[rest] != label[best])]
    return kept

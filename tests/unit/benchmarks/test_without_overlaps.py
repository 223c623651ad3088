"""The bare pipeline keeps the surest of overlapping boxes of one class."""

import numpy as np

from benchmarks.bare_pipeline import without_overlaps


def test_one_of_two_overlapping_boxes_stays_unless_their_classes_differ() -> None:
    corners = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 9], [50, 50, 60, 60]], np.float32)
    confidence = np.array([0.5, 0.9, 0.4, 0.3], np.float32)

    kept = without_overlaps(corners, confidence, np.array([1, 1, 2, 1], np.int64))

    assert kept == [1, 2, 3]

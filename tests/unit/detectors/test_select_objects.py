"""From candidates to the objects that were asked for."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from processors.detectors.candidates import Candidates
from processors.detectors.select_objects import select_objects
from tests.support.detector_models import selection

PERSON, CAT, CUP = 0, 15, 41
APART = [[i * 12, 0, i * 12 + 10, 10] for i in range(8)]


def _candidates(
    corners: Sequence[Sequence[float]], confidence: list[float], label: list[int]
) -> Candidates:
    return Candidates(
        np.array(corners, np.float32).reshape(-1, 4),
        np.array(confidence, np.float32),
        np.array(label, np.int64),
    )


def test_boxes_become_fractions_of_the_picture_and_the_surest_is_first() -> None:
    found = select_objects(
        _candidates([[10, 10, 20, 30], [50, 0, 100, 40]], [0.6, 0.9], [CAT, CUP]),
        selection(0.5),
        extent=(100, 40),
    )
    assert [(o.name, o.confidence) for o in found] == [("cup", 0.9), ("cat", 0.6)]
    assert (found[1].x, found[1].y, found[1].width, found[1].height) == (0.1, 0.25, 0.1, 0.5)


def test_the_threshold_itself_is_enough() -> None:
    candidates = _candidates(APART[:3], [0.5, 0.499999, 0.4999], [CAT] * 3)
    found = select_objects(candidates, selection(0.5), extent=(100, 100))
    assert [o.confidence for o in found] == [0.5]


def test_labels_and_threshold_apply_before_the_number() -> None:
    candidates = _candidates(APART[:4], [0.9, 0.8, 0.7, 0.2], [PERSON, PERSON, CAT, CAT])
    wanted = selection(0.5, most=1, labels=frozenset({"cat"}))
    assert [o.confidence for o in select_objects(candidates, wanted, extent=(100, 100))] == [0.7]


def test_labels_that_are_not_wanted_suppress_nothing() -> None:
    same_place = _candidates([[0, 0, 9, 9], [0, 0, 9, 9]], [0.9, 0.8], [CUP, CAT])
    wanted = selection(0.5, iou=0.0, labels=frozenset({"cat"}))
    assert [o.name for o in select_objects(same_place, wanted, extent=(10, 10))] == ["cat"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_no_numbers_are_dropped(bad: float) -> None:
    candidates = _candidates(
        [[bad, 0, 5, 5], [0, 0, 5, bad], [1, 1, 5, 5], [2, 2, 9, 9]],
        [0.9, 0.9, bad, 0.6],
        [CAT] * 4,
    )
    found = select_objects(candidates, selection(0.5), extent=(10, 10))
    assert [o.confidence for o in found] == [0.6]


def test_what_is_no_probability_or_no_label_is_dropped() -> None:
    candidates = _candidates(APART[:4], [1.5, 0.9, 0.9, 1.0], [CAT, 80, -1, CUP])
    found = select_objects(candidates, selection(0.0), extent=(100, 100))
    assert [(o.name, o.confidence) for o in found] == [("cup", 1.0)]


def test_boxes_are_clipped_to_the_picture_and_empty_ones_dropped() -> None:
    candidates = _candidates(
        [[-5, -5, 50, 150], [110, 10, 120, 20], [20, 20, 20, 30], [30, 30, 25, 35]],
        [0.9] * 4,
        [PERSON, CAT, CUP, CUP],
    )
    (only,) = select_objects(candidates, selection(0.5), extent=(100, 100))
    assert (only.x, only.y, only.width, only.height) == (0, 0, 0.5, 1)


def test_equal_ones_keep_their_order_and_nothing_gives_nothing() -> None:
    candidates = _candidates(APART[:3], [0.7] * 3, [CUP, CAT, PERSON])
    found = select_objects(candidates, selection(0.5), extent=(100, 100))
    assert [o.name for o in found] == ["cup", "cat", "person"]
    assert select_objects(_candidates([], [], []), selection(0.0), extent=(9, 9)) == ()


def test_a_box_never_reaches_out_of_the_picture_by_rounding() -> None:
    random = np.random.default_rng(5)
    corners = np.sort(random.uniform(-20, 120, (500, 2, 2)), axis=1).reshape(500, 4)
    candidates = _candidates(corners.tolist(), [0.9] * 500, [CAT] * 500)
    for found in select_objects(candidates, selection(0.1, iou=1.0, most=100), extent=(97, 89)):
        assert 0 <= found.x < found.x + found.width <= 1 + 1e-9
        assert 0 <= found.y < found.y + found.height <= 1 + 1e-9

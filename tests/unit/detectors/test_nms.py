"""Which boxes stay when they overlap."""

from collections.abc import Sequence

import numpy as np

from processors.detectors.nms import suppress
from tests.support.plain_pipeline import PlainBox, without_overlaps


def _kept(
    corners: Sequence[Sequence[float]], labels: list[int], iou: float, limit: int = 100
) -> list[int]:
    return suppress(
        np.array(corners, np.float32).reshape(-1, 4),
        np.array(labels, np.int64),
        iou_threshold=iou,
        limit=limit,
    )


def test_the_surer_of_two_that_overlap_stays() -> None:
    assert _kept([[0, 0, 10, 10], [1, 0, 11, 10]], [3, 3], 0.45) == [0]


def test_other_classes_do_not_compete() -> None:
    assert _kept([[0, 0, 10, 10], [0, 0, 10, 10]], [3, 4], 0.45) == [0, 1]


def test_an_overlap_of_exactly_the_threshold_is_allowed() -> None:
    halves = [[0, 0, 10, 10], [0, 0, 10, 5]]
    assert _kept(halves, [1, 1], 0.5) == [0, 1]
    assert _kept(halves, [1, 1], 0.49) == [0]


def test_a_box_that_went_suppresses_nobody() -> None:
    chain = [[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]]
    assert _kept(chain, [1, 1, 1], 0.4) == [0, 2]


def test_no_more_than_the_limit_and_nothing_of_nothing() -> None:
    assert _kept([[i * 20, 0, i * 20 + 10, 10] for i in range(9)], [1] * 9, 0.45, limit=4) == [
        0, 1, 2, 3,
    ]  # fmt: skip
    assert _kept([], [], 0.45) == []


def test_equal_to_the_plain_rule_on_many_random_boxes() -> None:
    random = np.random.default_rng(7)
    for _ in range(20):
        corner = random.uniform(0, 100, (80, 2))
        corners = np.concatenate((corner, corner + random.uniform(5, 60, (80, 2))), axis=1)
        labels = random.integers(0, 4, 80)
        plain = [PlainBox(int(n), 1 - i / 100, *map(float, box)) for i, (n, box) in enumerate(
            zip(labels, corners, strict=True))]  # fmt: skip
        stays = [plain.index(box) for box in without_overlaps(plain, 0.3)]
        assert _kept(corners.tolist(), labels.tolist(), 0.3) == stays

"""Reading the outputs of YOLOX."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.detectors.yolox import YoloxDecoder
from tests.support.plain_pipeline import yolox_boxes

ROWS = 52 * 52 + 26 * 26 + 13 * 13


def _outputs() -> NDArray[np.float32]:
    return np.zeros((1, ROWS, 85), np.float32)


def _put(outputs: NDArray[np.float32], row: int, offset: list[float], objectness: float,
         label: int, score: float) -> None:  # fmt: skip
    outputs[0, row, :5] = [*offset, objectness]
    outputs[0, row, 5 + label] = score


@pytest.mark.parametrize(
    ("row", "x", "y", "stride"),
    [
        (0, 0, 0, 8),
        (53, 1, 1, 8),
        (52 * 52 - 1, 51, 51, 8),
        (52 * 52, 0, 0, 16),
        (52 * 52 + 27, 1, 1, 16),
        (ROWS - 1, 12, 12, 32),
    ],
)
def test_a_row_belongs_to_its_cell(row: int, x: int, y: int, stride: int) -> None:
    outputs = _outputs()
    _put(outputs, row, [0.5, 0.25, math.log(2), math.log(3)], 0.8, label=41, score=0.5)
    found = YoloxDecoder(416).decode([outputs], 0.3)
    assert found.label.tolist() == [41]
    assert found.confidence.tolist() == pytest.approx([0.4])
    centre_x, centre_y = (x + 0.5) * stride, (y + 0.25) * stride
    assert found.corners[0].tolist() == pytest.approx(
        [centre_x - stride, centre_y - 1.5 * stride, centre_x + stride, centre_y + 1.5 * stride],
        abs=1e-3,
    )


def test_the_threshold_is_on_objectness_times_class() -> None:
    outputs = _outputs()
    _put(outputs, 1, [0, 0, 0, 0], 0.9, label=0, score=0.5)
    _put(outputs, 2, [0, 0, 0, 0], 0.4, label=0, score=1.0)
    _put(outputs, 3, [0, 0, 0, 0], 1.0, label=0, score=0.46)
    assert YoloxDecoder(416).decode([outputs], 0.45).confidence.tolist() == pytest.approx(
        [0.45, 0.46]
    )


def test_a_size_beyond_all_numbers_raises_nothing() -> None:
    outputs = _outputs()
    _put(outputs, 5, [0, 0, 1e4, 0], 1.0, label=0, score=1.0)
    assert not np.isfinite(YoloxDecoder(416).decode([outputs], 0.5).corners).all()


def test_equal_to_the_plain_reading_of_random_outputs() -> None:
    random = np.random.default_rng(3)
    outputs = random.uniform(0, 1, (1, ROWS, 85)).astype(np.float32)
    found = YoloxDecoder(416).decode([outputs], 0.9)
    plain = [box for box in yolox_boxes(outputs[0], 0.9) if box.confidence >= 0.9]
    assert len(plain) > 100
    assert found.label.tolist() == [box.label for box in plain]
    assert found.confidence.tolist() == pytest.approx([box.confidence for box in plain])
    expected = [[box.left, box.top, box.right, box.bottom] for box in plain]
    np.testing.assert_allclose(found.corners, expected, atol=1e-3)

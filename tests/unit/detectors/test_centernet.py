"""Reading the outputs of CenterNet, and what its scores mean."""

import numpy as np
import pytest

from processors.detectors.catalog import Calibration, read_catalog
from processors.detectors.centernet import CenternetDecoder, calibrate

IN_CATALOG = next(e for e in read_catalog() if e.decoder == "centernet").calibration


@pytest.mark.parametrize(
    ("raw", "confidence"), [(0.25, 0.32), (0.30, 0.44), (0.35, 0.56), (0.50, 0.82)]
)
def test_the_catalog_says_what_a_raw_score_is_worth(raw: float, confidence: float) -> None:
    assert calibrate(np.array([raw], np.float32), IN_CATALOG)[0] == pytest.approx(
        confidence, abs=0.01
    )


def test_the_ends_stay_within_zero_and_one() -> None:
    ends = calibrate(np.array([0.0, 1.0, -0.1, 1.1], np.float32), Calibration(2.03, 1.49))
    assert ((ends >= 0) & (ends <= 1)).all()


def test_the_threshold_is_on_the_calibrated_score() -> None:
    boxes = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    raw = np.array([[0.5, 0.31, 0.34]], np.float32)
    labels = np.array([[41, 0, 15]], np.int64)
    found = CenternetDecoder(IN_CATALOG).decode([boxes, raw, labels], 0.5)
    assert found.label.tolist() == [41, 15]
    assert found.corners.tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]


def test_without_calibration_a_score_is_what_it_is() -> None:
    raw = np.array([0.2, 0.4], np.float32)
    assert calibrate(raw, None) is raw

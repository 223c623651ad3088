"""The outputs of CenterNet (Zhou et al., "Objects as Points", 2019), its peaks already picked."""

import numpy as np
from numpy.typing import NDArray

from processors.detectors.candidates import Candidates, Floats
from processors.detectors.catalog import Calibration

_ROUNDING = 1e-6


class CenternetDecoder:
    """Outputs boxes [1, n, 4] in input pixels, scores [1, n] and classes [1, n]."""

    def __init__(self, calibration: Calibration | None) -> None:
        self._calibration = calibration

    def decode(self, outputs: list[NDArray[np.generic]], threshold: float) -> Candidates:
        """The threshold applies to the calibrated confidence."""
        corners = np.asarray(outputs[0], np.float32)[0]
        confidence = calibrate(np.asarray(outputs[1], np.float32)[0], self._calibration)
        label = np.asarray(outputs[2], np.int64)[0]
        enough = np.flatnonzero(confidence >= threshold - _ROUNDING)
        return Candidates(corners[enough], confidence[enough], label[enough])


def calibrate(raw: Floats, calibration: Calibration | None) -> Floats:
    """sigmoid(slope * logit(raw) + intercept); monotonous, so the order of scores stays."""
    if calibration is None:
        return raw
    inside = np.clip(raw.astype(np.float64), 1e-7, 1 - 1e-7)
    logit = calibration.slope * np.log(inside / (1 - inside)) + calibration.intercept
    return np.asarray(1 / (1 + np.exp(-logit)), np.float32)

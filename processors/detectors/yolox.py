"""The outputs of YOLOX (Ge et al., 2021): offsets on three grids, objectness times class score."""

import numpy as np
from numpy.typing import NDArray

from processors.detectors.candidates import Candidates, Floats

_STRIDES = (8, 16, 32)
_ROUNDING = 1e-6


class YoloxDecoder:
    """For inputs of `input_size` by `input_size`; the grids are laid out once."""

    def __init__(self, input_size: int) -> None:
        self._origin, self._stride = _grids(input_size)

    def decode(self, outputs: list[NDArray[np.generic]], threshold: float) -> Candidates:
        """A class score is at most 1, so a row whose objectness is too low is never gathered."""
        rows = np.asarray(outputs[0], np.float32)[0]
        promising = np.flatnonzero(rows[:, 4] >= threshold - _ROUNDING)
        rows = rows[promising]
        label = rows[:, 5:].argmax(axis=1)
        confidence = rows[:, 4] * rows[np.arange(len(rows)), label + 5]
        enough = np.flatnonzero(confidence >= threshold - _ROUNDING)
        corners = self._corners(rows[enough], promising[enough])
        return Candidates(corners, confidence[enough], label[enough])

    def _corners(self, rows: Floats, cells: NDArray[np.int64]) -> Floats:
        stride = self._stride[cells]
        centre = (rows[:, :2] + self._origin[cells]) * stride
        with np.errstate(over="ignore", invalid="ignore"):
            half = np.exp(rows[:, 2:4]) * stride / 2
            return np.concatenate((centre - half, centre + half), axis=1)


def _grids(input_size: int) -> tuple[Floats, Floats]:
    """For each output row: its cell as (x, y), and the stride of its grid as a column."""
    origins, strides = [], []
    for stride in _STRIDES:
        cells = input_size // stride
        y, x = np.divmod(np.arange(cells * cells), cells)
        origins.append(np.stack((x, y), axis=1))
        strides.append(np.full((cells * cells, 1), stride))
    return np.concatenate(origins).astype(np.float32), np.concatenate(strides).astype(np.float32)

"""Boxes as a decoder hands them on: before labels, overlap and number are looked at."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidates:
    """`corners` [n, 4] x1, y1, x2, y2 in input pixels; `confidence` [n]; `label` [n] COCO number.

    Nothing is promised about the values: a broken model may give NaN, or boxes out of the picture.
    """

    corners: Floats
    confidence: Floats
    label: NDArray[np.int64]


class Decoder(Protocol):
    """Reads the outputs of one kind of model."""

    def decode(self, outputs: list[NDArray[np.generic]], threshold: float) -> Candidates:
        """All candidates at `threshold` or above; a few below it may be among them."""
        ...

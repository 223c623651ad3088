"""From pixels to the input tensor of a model: resize, turn upright, pad; one buffer, reused."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from processors.detectors.decode_image import Pixels


@dataclass(frozen=True, slots=True)
class Fit:
    """How an upright picture lies in the square input: top-left, `width` by `height` pixels.

    `scale` is input pixels per picture pixel; the sizes are cut, not rounded, as YOLOX does it.
    """

    scale: float
    width: int
    height: int


def fit(width: int, height: int, size: int) -> Fit:
    """The largest placement with the aspect ratio kept; never thinner than one pixel."""
    scale = min(size / width, size / height)
    return Fit(scale, max(1, int(width * scale)), max(1, int(height * scale)))


class Canvas:
    """The input of one model, float32 [1, 3, size, size] from 0 to 255. Not for two threads."""

    def __init__(self, size: int, *, padding: int, is_rgb: bool) -> None:
        self.size = size
        self.tensor = np.full((1, 3, size, size), padding, np.float32)
        self._padding = padding
        self._is_rgb = is_rgb

    def place(self, pixels: Pixels, orientation: int, width: int, height: int) -> Fit:
        """Fill the tensor with a picture whose upright size is `width` by `height`."""
        placed = fit(width, height, self.size)
        is_turned = orientation >= 5
        stored = (placed.height, placed.width) if is_turned else (placed.width, placed.height)
        small = turn_upright(_on_white(_resize(pixels.array, stored)), orientation)
        planes = cv2.split(small)
        target = self.tensor[0]
        for channel in range(3):
            source = channel if pixels.is_rgb == self._is_rgb else 2 - channel
            target[channel, : placed.height, : placed.width] = planes[source]
        target[:, placed.height :, :] = self._padding
        target[:, : placed.height, placed.width :] = self._padding
        return placed


def turn_upright(array: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation (1 to 8), as the table of the EXIF standard describes it."""
    if orientation in {5, 6, 7, 8}:
        array = array.transpose(1, 0, 2)
    if orientation in {2, 3, 6, 7}:
        array = array[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        array = array[::-1]
    return np.ascontiguousarray(array)


def _resize(array: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Linear, after as much smoothing as the shrinking asks for: fine patterns become grey.

    An ideal linear filter for a shrinking by s spreads s squared / 6; linear sampling brings 1 / 6
    of it. A Gaussian adds the rest, which comes close to Pillow's filter in a fifth of its time.
    Beyond one half, whole blocks of pixels are averaged first.
    """
    blocks = int(max(array.shape[1] / size[0], array.shape[0] / size[1]))
    if blocks >= 2:
        width = max(size[0], round(array.shape[1] / blocks))
        height = max(size[1], round(array.shape[0] / blocks))
        array = _as_bytes(cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA))
    shrinking = max(array.shape[1] / size[0], array.shape[0] / size[1])
    if shrinking > 1:
        sigma = math.sqrt((shrinking**2 - 1) / 6)
        array = _as_bytes(cv2.GaussianBlur(array, (3, 3), sigma, borderType=cv2.BORDER_REPLICATE))
    return _as_bytes(cv2.resize(array, size, interpolation=cv2.INTER_LINEAR))


def _as_bytes(array: Any) -> NDArray[np.uint8]:
    return np.asarray(array, np.uint8)


def _on_white(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a viewer shows of a transparent picture on a white page."""
    if array.shape[2] == 3:
        return array
    alpha = array[:, :, 3:].astype(np.float32) / 255
    blended = array[:, :, :3] * alpha + 255 * (1 - alpha)
    return np.asarray(np.rint(blended), np.uint8)

"""Pictures that carry the number of their operation, so that a swapped result is seen."""

import io
import zlib

import numpy as np
from PIL import Image

_CELLS = 8
_CELL_PX = 16
_SIDE_PX = _CELLS * _CELL_PX
_NUMBER_BITS = 40
_CHECK_BITS = _CELLS * _CELLS - _NUMBER_BITS
_DIGIT = 10_000
LARGEST = 2**_NUMBER_BITS - 1


class UnreadableError(ValueError):
    """No picture of ours, or a damaged one."""


def picture_of(number: int) -> bytes:
    """A PNG of some 12 KB: a grid of light and dark cells under noise; equal for equal numbers."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} does not fit into {_NUMBER_BITS} bits")
    word = number << _CHECK_BITS | _check(number)
    bits = np.array([word >> place & 1 for place in range(_CELLS * _CELLS)], dtype=np.uint8)
    cells = np.kron(bits.reshape(_CELLS, _CELLS), np.full((_CELL_PX, _CELL_PX), 160, np.uint8))
    noise = np.random.default_rng(number).integers(0, 64, cells.shape, dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(cells + noise).save(out, "PNG", compress_level=1)
    return out.getvalue()


def number_in(picture: bytes) -> int:
    """The number that the picture carries. Raises UnreadableError."""
    try:
        pixels = np.asarray(Image.open(io.BytesIO(picture)))
    except OSError as error:
        raise UnreadableError(str(error)) from error
    if pixels.shape != (_SIDE_PX, _SIDE_PX):
        raise UnreadableError(f"the size is {pixels.shape}")
    bits = pixels[_CELL_PX // 2 :: _CELL_PX, _CELL_PX // 2 :: _CELL_PX].flatten() > 128
    word = sum(1 << place for place, is_light in enumerate(bits) if is_light)
    number, check = word >> _CHECK_BITS, word & (1 << _CHECK_BITS) - 1
    if check != _check(number):
        raise UnreadableError("the check bits do not match")
    return number


def box_of(number: int) -> tuple[float, float, float, float]:
    """The number as a bounding box, which survives rounding to five digits: x, y, width, height."""
    digits = [number // _DIGIT**place % _DIGIT / _DIGIT for place in range(4)]
    return digits[0], digits[1], digits[2], digits[3]


def number_of(box: tuple[float, float, float, float]) -> int:
    """The way back from `box_of`."""
    return sum(round(digit * _DIGIT) * _DIGIT**place for place, digit in enumerate(box))


def _check(number: int) -> int:
    return zlib.crc32(number.to_bytes(8, "big")) & (1 << _CHECK_BITS) - 1

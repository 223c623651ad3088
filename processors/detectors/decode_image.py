"""From an opened picture to pixels: OpenCV for JPEG and WEBP, Pillow for everything else.

OpenCV is the faster of the two, decodes large JPEGs at a half, a quarter or an eighth, and is as
strict: what is cut short gives no picture. Then Pillow is asked, for its verdict.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processors.detectors.inspect_image import OpenedImage
from processors.detectors.refusal import RefusedPictureError
from schemas.failures import FailureCode

_JPEG_FLAGS: Final = {
    8: cv2.IMREAD_REDUCED_COLOR_8 | cv2.IMREAD_IGNORE_ORIENTATION,
    4: cv2.IMREAD_REDUCED_COLOR_4 | cv2.IMREAD_IGNORE_ORIENTATION,
    2: cv2.IMREAD_REDUCED_COLOR_2 | cv2.IMREAD_IGNORE_ORIENTATION,
    1: cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION,
}
_PNG_SIGNATURE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Pixels:
    """uint8 [height, width, 3 or 4], as stored (not yet turned); the fourth channel is alpha."""

    array: NDArray[np.uint8]
    is_rgb: bool


def decode_image(image: OpenedImage, *, at_least: tuple[int, int]) -> Pixels:
    """Decode the first frame. A JPEG may come smaller, but never below `at_least` (w, h).

    Raises RefusedPictureError or whatever Pillow raises for damaged data.
    """
    if image.format == "jpeg" and image.color_space in {"RGB", "L"}:
        decoded = _with_opencv(image.data, _JPEG_FLAGS[_reduction(image, at_least)])
    elif image.format == "webp" and not getattr(image.handle, "is_animated", False):
        decoded = _with_opencv(image.data, cv2.IMREAD_UNCHANGED)
    else:
        decoded = None
    return decoded or _with_pillow(image)


def _reduction(image: OpenedImage, at_least: tuple[int, int]) -> int:
    width, height = at_least
    return next(
        factor
        for factor in (8, 4, 2, 1)
        if factor == 1 or (image.width >= width * factor and image.height >= height * factor)
    )


def _with_opencv(data: bytes, flags: int) -> Pixels | None:
    array: Any = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if array is None or array.dtype != np.uint8 or array.ndim != 3:
        return None
    return Pixels(array, is_rgb=False)


def _with_pillow(image: OpenedImage) -> Pixels:
    handle = image.handle
    handle.load()
    if image.format == "png" and not png_is_complete(image.data):
        raise RefusedPictureError(FailureCode.IMAGE_UNDECODABLE, "the picture is cut short")
    if handle.mode.startswith("I;16"):
        return Pixels(_as_three((np.asarray(handle) >> 8).astype(np.uint8)), is_rgb=True)
    if handle.mode in {"1", "L"} and "transparency" not in handle.info:
        return Pixels(_as_three(np.asarray(handle.convert("L"))), is_rgb=True)
    return Pixels(_as_array(handle, "RGBA" if handle.has_transparency_data else "RGB"), is_rgb=True)


def _as_array(handle: Image.Image, mode: str) -> NDArray[np.uint8]:
    return np.asarray(handle if handle.mode == mode else handle.convert(mode))


def _as_three(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def png_is_complete(data: bytes) -> bool:
    """Whether the chain of chunks reaches IEND. Pillow is content when all pixels are there."""
    at = _PNG_SIGNATURE_BYTES
    while at + 12 <= len(data):
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return False

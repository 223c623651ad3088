"""From bytes to an opened, not yet decoded picture: allowed formats, caps, orientation."""

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import (
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from processors.detectors.jpeg_scans import MOST_SCANS, has_too_many_scans
from processors.detectors.limits import PictureLimits
from processors.detectors.refusal import RefusedPictureError
from schemas.failures import FailureCode
from schemas.pictures import content_type_of

# Imported for their own sake: an opener that is missing makes Pillow load all of its plugins.
_OPENERS: Final = {
    "jpeg": JpegImagePlugin,
    "png": PngImagePlugin,
    "webp": WebPImagePlugin,
    "gif": GifImagePlugin,
}
_ALSO_NEEDED: Final = MpoImagePlugin
_ORIENTATION_TAG: Final = 0x0112


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """Header read and within the caps; `width` and `height` as stored, before orientation.

    `format` is jpeg (MPO too), png, webp or gif.
    """

    handle: ImageFile.ImageFile
    data: bytes
    format: str
    color_space: str
    width: int
    height: int


def open_image(data: bytes, limits: PictureLimits) -> OpenedImage:
    """Read the header alone. Raises RefusedPictureError; Pillow's own errors pass through."""
    content_type = content_type_of(data[:12])
    if content_type is None:
        raise RefusedPictureError(
            FailureCode.IMAGE_UNSUPPORTED, "not a JPEG, PNG, WEBP or GIF picture"
        )
    kind = content_type.removeprefix("image/")
    if kind == "jpeg" and has_too_many_scans(data):
        raise RefusedPictureError(
            FailureCode.IMAGE_UNSUPPORTED, f"a JPEG of more than {MOST_SCANS} scans"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        handle = Image.open(io.BytesIO(data), formats=(kind,))
    _check_size(handle.size, limits)
    return OpenedImage(handle, data, kind, handle.mode, *handle.size)


def read_orientation(image: OpenedImage) -> int:
    """EXIF orientation from 1 to 8; 1 when it is absent, damaged or out of range.

    Call it after decoding: the tag of a PNG may lie behind the pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            orientation = image.handle.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - hostile EXIF raises anything and must not refuse a picture
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _check_size(size: tuple[int, int], limits: PictureLimits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise RefusedPictureError(FailureCode.IMAGE_UNDECODABLE, "the picture has no pixels")
    if max(size) > limits.max_side or width * height > limits.max_pixels:
        raise RefusedPictureError(
            FailureCode.IMAGE_TOO_LARGE,
            f"{width}x{height} pixels; at most {limits.max_pixels / 1e6:g} megapixels and "
            f"{limits.max_side} pixels a side are taken",
        )

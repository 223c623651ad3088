"""What is said of a picture before it is accepted: its structure, never its pixels.

First bytes, header, size and end. Damage inside is found by the worker that decodes it, in a
process of its own; here a stranger's bytes cost microseconds, whatever they claim to be.
"""

import os
from dataclasses import dataclass
from typing import BinaryIO

from ingest_api.errors import (
    IMAGE_TOO_LARGE,
    IMAGE_TRUNCATED,
    IMAGE_UNSUPPORTED,
    RefusedError,
)
from ingest_api.picture_headers import Header, HeaderCutError, NoPictureError, read_header

_FIELD = "image"
_WINDOW = 64 * 1024
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_GIF_END = b"\x3b"


@dataclass(frozen=True, slots=True)
class PictureLimits:
    max_pixels: int
    max_side_px: int


def check_picture(file: BinaryIO, limits: PictureLimits) -> str:
    """The content type by the bytes themselves; the file stands at its start again.

    Raises RefusedError with `image_unsupported`, `image_too_large` or `image_truncated`. Bytes
    behind the end are legal. A cut that leaves a false end inside compressed data passes.
    """
    try:
        header = read_header(file)
    except NoPictureError as error:
        raise RefusedError(
            refusal=IMAGE_UNSUPPORTED, detail=str(error), field=_FIELD,
            allowed="JPEG, PNG, WEBP, GIF",
        ) from None  # fmt: skip
    except HeaderCutError as error:
        raise _truncated(str(error)) from None
    _check_size(header, limits)
    if not _has_end(file, header):
        raise _truncated(f"the {header.format.upper()} has no end")
    file.seek(0)
    return f"image/{header.format}"


def _check_size(header: Header, limits: PictureLimits) -> None:
    size = f"{header.width}x{header.height} pixels"
    if max(header.width, header.height) > limits.max_side_px:
        raise _too_large(f"{size}; a side may have {limits.max_side_px}", limits.max_side_px)
    if header.width * header.height > limits.max_pixels:
        raise _too_large(f"{size}; all together may be {limits.max_pixels}", limits.max_pixels)


def _has_end(file: BinaryIO, header: Header) -> bool:
    if header.format == "png":
        return _found_from_behind(file, _PNG_END, header.body_at)
    if header.format == "jpeg":
        return _found_from_behind(file, _JPEG_END, header.body_at)
    size = file.seek(0, os.SEEK_END)
    if header.format == "webp":
        file.seek(4)
        return int.from_bytes(file.read(4), "little") + 8 <= size
    file.seek(max(header.body_at, size - _WINDOW))
    return file.read(_WINDOW).rstrip(b"\x00").endswith(_GIF_END)


def _found_from_behind(file: BinaryIO, mark: bytes, first: int) -> bool:
    """Whether `mark` lies at or behind `first`, looking at the end of the file before the rest."""
    end = file.seek(0, os.SEEK_END)
    window = 512  # almost always enough
    while end > first:
        start = max(first, end - window)
        window = _WINDOW
        file.seek(start)
        if mark in file.read(end - start):
            return True
        end = start + len(mark) - 1 if start > first else first
    return False


def _truncated(detail: str) -> RefusedError:
    return RefusedError(refusal=IMAGE_TRUNCATED, detail=detail, field=_FIELD)


def _too_large(detail: str, limit: int) -> RefusedError:
    return RefusedError(refusal=IMAGE_TOO_LARGE, detail=detail, field=_FIELD, limit=limit)

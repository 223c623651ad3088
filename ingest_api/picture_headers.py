"""Format and size of a picture out of its header, reading little and decoding nothing.

Sources: ITU-T T.81 annex B (JPEG), W3C PNG section 11.2.1, GIF89a section 18, RFC 9649 (WEBP).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

_JPEG_STEPS = 8192
_STANDALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA
_END = 0xD9


class NoPictureError(ValueError):
    """The bytes are no picture in a format that is taken."""


class HeaderCutError(ValueError):
    """It begins as a picture and ends inside its header."""


@dataclass(frozen=True, slots=True)
class Header:
    """`width` and `height` in pixels as stored; the pixels begin at or behind `body_at`."""

    format: str
    width: int
    height: int
    body_at: int


def read_header(file: BinaryIO) -> Header:
    """Raises NoPictureError, HeaderCutError. Leaves the file anywhere."""
    file.seek(0)
    start = file.read(32)
    for is_it, read in _FORMATS:
        if is_it(start):
            header = read(start, file)
            if header.width < 1 or header.height < 1:
                raise NoPictureError("the header gives it no pixels")
            return header
    raise NoPictureError("neither JPEG, PNG, WEBP nor GIF by its first bytes")


def _png(start: bytes, _: BinaryIO) -> Header:
    length, kind, width, height = struct.unpack(">I4sII", _exactly(start[8:24], 16))
    if kind != b"IHDR" or length != 13:
        raise NoPictureError("a PNG that does not begin with its header chunk")
    return Header("png", width, height, 33)


def _gif(start: bytes, _: BinaryIO) -> Header:
    width, height = struct.unpack("<HH", _exactly(start[6:10], 4))
    return Header("gif", width, height, 13)


def _webp(start: bytes, _: BinaryIO) -> Header:
    kind = _exactly(start[12:30], 18)[:4]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(start[24:27], "little")
        height = 1 + int.from_bytes(start[27:30], "little")
    elif kind == b"VP8L" and start[20] == 0x2F:
        bits = int.from_bytes(start[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 " and start[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", start[26:30]))
    else:
        raise NoPictureError("a WEBP without a frame at its beginning")
    return Header("webp", width, height, 30)


def _jpeg(_: bytes, file: BinaryIO) -> Header:
    """Walk the segments to the first scan; a file of endless tiny segments is given up."""
    file.seek(2)
    size: tuple[int, int] | None = None
    for _step in range(_JPEG_STEPS):
        marker = _next_marker(file)
        if marker is None or marker in _STANDALONE:
            continue
        if marker == _END:
            break
        (length,) = struct.unpack(">H", _exactly(file.read(2), 2))
        if length < 2:
            break
        if marker in _FRAMES:
            height, width = struct.unpack(">xHH", _exactly(file.read(5), 5))
            size, length = (width, height), length - 5
        if marker == _SCAN:
            if size is None:
                break
            return Header("jpeg", *size, file.tell())
        file.seek(max(length - 2, 0), 1)
    raise NoPictureError("a JPEG without a frame and a scan")


def _next_marker(file: BinaryIO) -> int | None:
    """None for a byte that is no marker: decoders skip stray bytes between segments."""
    byte = _exactly(file.read(1), 1)
    if byte != b"\xff":
        return None
    while byte == b"\xff":
        byte = _exactly(file.read(1), 1)
    return byte[0]


def _exactly(found: bytes, size: int) -> bytes:
    if len(found) < size:
        raise HeaderCutError("it ends inside its header")
    return found


_Test = Callable[[bytes], bool]
_Reader = Callable[[bytes, BinaryIO], Header]
_FORMATS: tuple[tuple[_Test, _Reader], ...] = (
    (lambda start: start[:3] == b"\xff\xd8\xff", _jpeg),
    (lambda start: start[:8] == b"\x89PNG\r\n\x1a\n", _png),
    (lambda start: start[:4] == b"RIFF" and start[8:12] == b"WEBP", _webp),
    (lambda start: start[:6] in {b"GIF87a", b"GIF89a"}, _gif),
)

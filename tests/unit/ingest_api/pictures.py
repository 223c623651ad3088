"""Small true pictures of every format, and hostile ones, as bytes."""

import io
import struct
import zlib

from PIL import Image


def picture(
    format_name: str = "JPEG", size: tuple[int, int] = (64, 48), **options: object
) -> bytes:
    out = io.BytesIO()
    image = Image.radial_gradient("L").resize(size).convert("RGB")
    image.save(out, format_name, **options)
    return out.getvalue()


def png_of_zeros(width: int, height: int) -> bytes:
    """A valid 1-bit PNG of that size; tiny, because all its rows are the same."""
    rows = (b"\x00" + bytes((width + 7) // 8)) * height
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def jpeg_of_bytes(size: int) -> bytes:
    """A valid JPEG of exactly that many bytes: comment segments before its frame fill it."""
    plain = picture()
    left = size - len(plain)
    comments = bytearray()
    while left:
        take = min(left, 65_537)
        if 0 < left - take < 4:
            take -= 4
        comments += b"\xff\xfe" + struct.pack(">H", take - 2) + b"x" * (take - 4)
        left -= take
    return plain[:2] + bytes(comments) + plain[2:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

"""Pictures, and what only claims to be one, as strangers may send them; built on the spot."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image

ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
MIB = 1024 * 1024
Builder = Callable[[], bytes]


def gradient(width: int = 320, height: int = 240) -> Image.Image:
    """A soft picture that no two places of look alike."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack((x, y, 255 - (x + y) / 2), axis=2).astype(np.uint8))


def half_transparent() -> Image.Image:
    """The gradient, with nothing but its hidden colours in the left half."""
    image = gradient().convert("RGBA")
    image.putalpha(0)
    image.paste(gradient(160, 240), (160, 0))
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def jpeg(**options: object) -> bytes:
    return encoded(gradient(), "JPEG", **options)


def png_of(width: int, height: int, *, depth: int = 8, colour: int = 2, interlaced: bool = False,
           pixels: bytes = b"", before: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:  # fmt: skip
    """A PNG chunk by chunk; `pixels` are the filtered rows, uncompressed."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    chunks = ((b"IHDR", header), *before, (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def interlaced_png(width: int, height: int) -> bytes:
    """Black RGB in the seven passes of Adam7: slow to decode, and tiny."""
    rows = b""
    for left, top, across, down in ADAM7:
        columns, lines = -(-(width - left) // across), -(-(height - top) // down)
        rows += bytes((columns * 3 + 1) * lines) if columns > 0 and lines > 0 else b""
    return png_of(width, height, interlaced=True, pixels=rows)


def bomb_png() -> bytes:
    """13,000 x 13,000 in one bit each: 20 KB that would fill 800 MB."""
    return png_of(13_000, 13_000, depth=1, colour=0, pixels=bytes((13_000 // 8 + 1) * 13_000))


def huge_header_png() -> bytes:
    return png_of(65_535, 65_535)


def profile_bomb_png() -> bytes:
    """A colour profile that inflates to 64 MiB."""
    return png_of(
        1, 1, pixels=bytes(4), before=((b"iCCP", b"x\0\0" + zlib.compress(bytes(64 * MIB))),)
    )


def text_bomb_png() -> bytes:
    """200 compressed texts of 1 MiB each."""
    text = (b"zTXt", b"x\0\0" + zlib.compress(bytes(MIB)))
    return png_of(1, 1, pixels=bytes(4), before=(text,) * 200)


def endless_gif(frames: int = 20_000) -> bytes:
    """4,000 x 4,000, a few bytes for each of very many frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", 4_000, 4_000, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


def cmyk_jpeg() -> bytes:
    return encoded(gradient().convert("CMYK"), "JPEG")


def sixteen_bit_png() -> bytes:
    """A ramp from black to white, 256 x 256, 16 bits deep."""
    ramp = np.linspace(0, 65_535, 256 * 256).reshape(256, 256).astype(np.uint16)
    return encoded(Image.fromarray(ramp), "PNG")


def palette_png() -> bytes:
    """A palette whose first colour, black, is transparent; it fills the left half."""
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(0, (0, 0, 32, 64))
    return encoded(image, "PNG", transparency=0)


def multi_picture_jpeg() -> bytes:
    """MPO, as cameras with two lenses write it: a JPEG with another one behind."""
    return encoded(gradient(), "MPO", save_all=True, append_images=[gradient(64, 64)])


def truncations(whole: bytes) -> tuple[bytes, ...]:
    return whole[: len(whole) // 2], whole[:-10]


def lying_png() -> bytes:
    """5,000 x 5,000 by its header, one pixel by its data."""
    return png_of(5_000, 5_000, pixels=bytes(4))


def overfull_png() -> bytes:
    """One pixel by its header, 64 MiB by its data."""
    return png_of(1, 1, pixels=bytes(64 * MIB))


def apple_png() -> bytes:
    """A chunk before the header, as the pictures inside of iPhone applications have it."""
    whole = encoded(gradient(), "PNG")
    return whole[:8] + _chunk(b"CgBI", b"\x50\x00\x20\x02") + whole[8:]


def deep_png(width: int, height: int) -> bytes:
    """Black RGBA, 16 bits deep: eight bytes a pixel."""
    return png_of(width, height, depth=16, colour=6, pixels=bytes((width * 8 + 1) * height))


def international_text_bomb_png() -> bytes:
    text = (b"iTXt", b"x\0\x01\0\0\0" + zlib.compress(bytes(MIB)))
    return png_of(1, 1, pixels=bytes(4), before=(text,) * 200)


def gif_with_a_frame_of(width: int, height: int) -> bytes:
    """A screen of one pixel, and a frame that is larger."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00;"


def lying_webp() -> bytes:
    """A canvas of 10 x 10 around a picture of 200 x 100."""
    inner = encoded(gradient(200, 100), "WEBP")[12:]
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (9).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", 4 + len(canvas + inner)) + b"WEBP" + canvas + inner


def jpeg_of_size(width: int, height: int) -> bytes:
    """By its header; its data are those of a small picture."""
    whole = bytearray(jpeg())
    frame = whole.index(b"\xff\xc0")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def two_frame_jpeg() -> bytes:
    """A small header before the true one."""
    whole = jpeg()
    frame = whole.index(b"\xff\xc0")
    end = frame + 2 + int.from_bytes(whole[frame + 2 : frame + 4], "big")
    small = bytearray(whole[frame:end])
    small[5:9] = struct.pack(">HH", 16, 16)
    return whole[:frame] + small + whole[frame:]


def many_scans_jpeg(scans: int = 1_000) -> bytes:
    """25 megapixels that are gone over again and again: 200 KB, twenty seconds of decoding."""
    whole = encoded(gradient(5_000, 5_000), "JPEG", progressive=True, quality=10)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * scans + b"\xff\xd9"


def many_segments_jpeg() -> bytes:
    """A million empty comments before the picture."""
    whole = jpeg()
    return whole[:2] + b"\xff\xfe\x00\x02" * 1_000_000 + whole[2:]


def endless_exif_jpeg() -> bytes:
    """A directory that leads to itself thrice, with a value of 8 GB."""
    entries = ((0x0112, 3, 0xFFFF_FFFF, 8), (0x8769, 4, 1, 8), (0x8825, 4, 1, 8))
    directory = struct.pack("<H", 3) + b"".join(struct.pack("<HHII", *one) for one in entries)
    return jpeg(exif=b"Exif\0\0II*\0\x08\0\0\0" + directory + struct.pack("<I", 8))


def flipped_jpeg() -> bytes:
    """One bit of its pixels is another: no decoder knows."""
    whole = bytearray(jpeg())
    whole[-500] ^= 0x10
    return bytes(whole)


def script_gif() -> bytes:
    """A GIF, and a script for whoever takes it for one."""
    return encoded(gradient(64, 64), "GIF", comment=b"*/=1;alert(1);/*") + b"/*;"


@cache
def largest_webp() -> bytes:
    """25 megapixels: all that is taken."""
    return encoded(gradient(5_000, 5_000), "WEBP", quality=5, method=0)


def slow_png() -> bytes:
    """25 megapixels in seven passes, 70 KB: takes a good part of a second to decode."""
    return interlaced_png(5_000, 5_000)

"""Pictures, and what only claims to be one, as strangers may send them; built on the spot."""

import io
import struct
import zlib
from collections.abc import Callable

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


Builder = Callable[[], bytes]

NO_PICTURES: dict[str, Builder] = {
    "empty": lambda: b"",
    "text": lambda: b"TEST-FILE! this is what a scanner would find, and no picture at all",
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "pdf": lambda: encoded(gradient(), "PDF"),
    "eps": lambda: encoded(gradient(), "EPS"),
    "tiff": lambda: encoded(gradient(), "TIFF"),
    "bmp": lambda: encoded(gradient(), "BMP"),
}
TOO_LARGE: dict[str, Builder] = {
    "png bomb": bomb_png,
    "png with a huge header": huge_header_png,
    "one side too long": lambda: encoded(Image.new("1", (10_001, 1)), "PNG"),
    "gif over the pixels": lambda: encoded(Image.new("P", (5_001, 5_000)), "GIF"),
}
DAMAGED: dict[str, Builder] = {
    "jpeg cut in half": lambda: truncations(jpeg())[0],
    "jpeg less 10 bytes": lambda: truncations(jpeg())[1],
    "jpeg without its end": lambda: jpeg()[:-2],
    "progressive jpeg cut in half": lambda: truncations(jpeg(progressive=True))[0],
    "large jpeg less 10 bytes": lambda: truncations(encoded(gradient(3_000, 2_000), "JPEG"))[1],
    "cmyk jpeg less 10 bytes": lambda: truncations(cmyk_jpeg())[1],
    "jpeg of three bytes": lambda: b"\xff\xd8\xff",
    "png cut in half": lambda: truncations(encoded(gradient(), "PNG"))[0],
    "png less 10 bytes": lambda: truncations(encoded(gradient(), "PNG"))[1],
    "webp cut in half": lambda: truncations(encoded(gradient(), "WEBP"))[0],
    "webp less 10 bytes": lambda: truncations(encoded(gradient(), "WEBP"))[1],
    "gif cut in half": lambda: truncations(encoded(gradient(), "GIF"))[0],
    "png with a 64 MiB profile": profile_bomb_png,
    "png with 200 texts": text_bomb_png,
    "png without pixels": lambda: png_of(64, 64),
    "png of width 0": lambda: png_of(0, 64),
}
INNOCENT: dict[str, Builder] = {
    "jpeg": jpeg,
    "progressive jpeg": lambda: jpeg(progressive=True),
    "jpeg with a page behind": lambda: jpeg() + b"<html><script>alert(1)</script></html>" * 100,
    "grey jpeg": lambda: encoded(gradient().convert("L"), "JPEG"),
    "cmyk jpeg": cmyk_jpeg,
    "multi-picture jpeg": multi_picture_jpeg,
    "16-bit png": sixteen_bit_png,
    "palette with transparency": palette_png,
    "grey with alpha": lambda: encoded(gradient().convert("LA"), "PNG"),
    "rgba png": lambda: encoded(half_transparent(), "PNG"),
    "one-bit png": lambda: encoded(gradient().convert("1"), "PNG"),
    "interlaced png": lambda: interlaced_png(50, 40),
    "one pixel": lambda: encoded(gradient(1, 1), "PNG"),
    "one pixel wide": lambda: encoded(Image.new("RGB", (1, 10_000)), "PNG"),
    "one pixel high": lambda: encoded(Image.new("RGB", (10_000, 1)), "JPEG"),
    "webp": lambda: encoded(gradient(), "WEBP"),
    "webp with alpha": lambda: encoded(half_transparent(), "WEBP", lossless=True),
    "moving webp": lambda: encoded(
        gradient(), "WEBP", save_all=True, append_images=[Image.new("RGB", (320, 240))]
    ),
    "gif": lambda: encoded(gradient(), "GIF"),
    "endless gif": endless_gif,
}


def slow_png() -> bytes:
    """25 megapixels in seven passes, 70 KB: takes a good part of a second to decode."""
    return interlaced_png(5_000, 5_000)

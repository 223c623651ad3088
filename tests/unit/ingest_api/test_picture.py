"""The structure check, beside Pillow on true pictures and by itself on hostile ones."""

import io
import struct

import pytest
from PIL import Image

from ingest_api.errors import RefusedError
from ingest_api.picture import PictureLimits, check_picture
from ingest_api.picture_headers import HeaderCutError, NoPictureError, read_header
from tests.unit.ingest_api.pictures import jpeg_of_bytes, picture, png_of_zeros

LIMITS = PictureLimits(25_000_000, 10_000)
TRUE = {
    "jpeg": picture("JPEG"),
    "jpeg progressive": picture("JPEG", progressive=True),
    "jpeg with thumbnail-like comment": picture("JPEG", comment=b"\xff\xd8 \xff\xda \xff\xd9"),
    "jpeg with exif": picture("JPEG", exif=Image.Exif()),
    "jpeg with profile": picture("JPEG", icc_profile=bytes(200_000)),
    "jpeg tall": picture("JPEG", (1, 5000)),
    "png": picture("PNG", (300, 7)),
    "webp lossy": picture("WEBP"),
    "webp lossless": picture("WEBP", (123, 45), lossless=True),
    "webp extended": picture("WEBP", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"),
    "gif": picture("GIF", (31, 17)),
}


@pytest.mark.parametrize("name", TRUE)
def test_size_and_format_are_those_that_pillow_reads(name: str) -> None:
    header = read_header(io.BytesIO(TRUE[name]))
    with Image.open(io.BytesIO(TRUE[name])) as seen:
        assert (header.width, header.height) == seen.size
        assert header.format.upper() == seen.format


@pytest.mark.parametrize("name", TRUE)
def test_a_true_picture_passes_and_the_file_stands_at_its_start(name: str) -> None:
    file = io.BytesIO(TRUE[name])
    assert check_picture(file, LIMITS) == f"image/{name.split(maxsplit=1)[0]}"
    assert file.tell() == 0


@pytest.mark.parametrize("name", [name for name in TRUE if not name.startswith("gif")])
def test_bytes_behind_the_end_are_legal(name: str) -> None:
    behind = b"PK\x03\x04 a zip, say, and more" * 5000
    assert check_picture(io.BytesIO(TRUE[name] + behind), LIMITS).startswith("image/")


def test_a_gif_may_be_padded() -> None:
    assert check_picture(io.BytesIO(TRUE["gif"] + bytes(10)), LIMITS) == "image/gif"


@pytest.mark.parametrize("name", TRUE)
def test_a_cut_anywhere_is_seen(name: str) -> None:
    """Cuts inside the first bytes leave no picture to speak of; nothing cut ever passes."""
    whole = TRUE[name]
    for length in {*range(1, 60), *range(60, len(whole), 97), len(whole) - 1}:
        if name.startswith("gif") and whole[:length].rstrip(b"\x00").endswith(b";"):
            continue
        with pytest.raises(RefusedError) as refused:
            check_picture(io.BytesIO(whole[:length]), LIMITS)
        code = refused.value.refusal.code
        assert code == "image_truncated" or (length < 20 and code == "image_unsupported")


def test_an_end_inside_a_header_segment_is_no_end() -> None:
    hidden = picture("JPEG", comment=b"\xff\xd9" * 1000)
    with pytest.raises(RefusedError) as refused:
        check_picture(io.BytesIO(hidden[:-2]), LIMITS)
    assert refused.value.refusal.code == "image_truncated"


def test_the_end_is_found_across_the_windows() -> None:
    for behind in (65_534, 65_535, 65_536, 65_537, 131_072):
        assert check_picture(io.BytesIO(TRUE["jpeg"] + bytes(behind)), LIMITS)
        assert check_picture(io.BytesIO(TRUE["png"] + bytes(behind)), LIMITS)


def test_a_large_header_is_walked() -> None:
    assert check_picture(io.BytesIO(jpeg_of_bytes(15_000_000)), LIMITS) == "image/jpeg"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xd8" + b"\xff\xfe\x00\x02" * 500_000 + b"\xff\xd9",
        b"\xff\xd8\xff" + bytes(2_000_000),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x00" + bytes(100),
        b"\xff\xd8\xff\xda\x00\x08" + bytes(100),
        b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x00\x00\x10" + bytes(6) + b"\xff\xda\x00\x02" + bytes(9),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 4, b"CgBI", 1, 1) + bytes(20),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 0, 5) + bytes(20),
        b"RIFF\x00\x00\x00\x00WEBPXXXX" + bytes(40),
        b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(40),
        b"GIF89a\x00\x00\x00\x00" + bytes(40),
        b"GIF88a\x01\x00\x01\x00" + bytes(40),
        b"II*\x00" + bytes(100),
        b"BM" + bytes(100),
        b"\x00\x00\x00 ftypheic" + bytes(100),
    ],
)
def test_what_is_no_picture(body: bytes) -> None:
    with pytest.raises(NoPictureError):
        read_header(io.BytesIO(body))


def test_a_header_that_is_cut() -> None:
    with pytest.raises(HeaderCutError):
        read_header(io.BytesIO(TRUE["jpeg"][:30]))


def test_a_lying_riff_length_is_a_truncation() -> None:
    lying = TRUE["webp lossy"][:4] + struct.pack("<I", 10**9) + TRUE["webp lossy"][8:]
    with pytest.raises(RefusedError) as refused:
        check_picture(io.BytesIO(lying), LIMITS)
    assert refused.value.refusal.code == "image_truncated"


@pytest.mark.parametrize(
    ("size", "limit"),
    [((10_000, 2500), None), ((10_001, 1), 10_000), ((1, 10_001), 10_000),
     ((5000, 5000), None), ((5001, 5000), 25_000_000), ((13_000, 13_000), 10_000)],
)  # fmt: skip
def test_the_pixel_limits_are_exact(size: tuple[int, int], limit: int | None) -> None:
    file = io.BytesIO(png_of_zeros(*size))
    if limit is None:
        assert check_picture(file, LIMITS) == "image/png"
        return
    with pytest.raises(RefusedError) as refused:
        check_picture(file, LIMITS)
    assert (refused.value.refusal.code, refused.value.limit) == ("image_too_large", limit)

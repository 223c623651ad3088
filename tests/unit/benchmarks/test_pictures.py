"""Each sending of a picture is distinct, and still the same picture."""

import io

import pytest
from PIL import Image

from benchmarks.pictures import Picture


def jpeg(colour: tuple[int, int, int] = (200, 30, 90)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 24), colour).save(written, "JPEG")
    return written.getvalue()


def test_the_pixels_stay_and_the_bytes_differ() -> None:
    picture = Picture.split(jpeg())

    first, second = (b"".join(picture.pieces(stamp)) for stamp in (b"run-1", b"run-2"))

    assert first != second
    with Image.open(io.BytesIO(first)) as stamped, Image.open(io.BytesIO(jpeg())) as original:
        assert stamped.info["comment"] == b"run-1"
        assert stamped.tobytes() == original.tobytes()


def test_the_jfif_header_stays_first() -> None:
    head, comment, _ = Picture.split(jpeg()).pieces(b"x")

    assert head.startswith(b"\xff\xd8\xff\xe0")
    assert comment == b"\xff\xfe\x00\x03x"


def test_a_jpeg_without_jfif_header_takes_the_comment_first() -> None:
    assert Picture.split(b"\xff\xd8\xff\xdbrest") == Picture(b"\xff\xd8", b"\xff\xdbrest")


def test_what_is_no_jpeg_is_refused() -> None:
    with pytest.raises(ValueError, match="FF D8"):
        Picture.split(b"\x89PNG")

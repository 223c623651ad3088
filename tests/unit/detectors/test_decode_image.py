"""Decoding: the right pixels, from the right library, and nothing of what is cut short."""

import io

import numpy as np
import pytest
from PIL import Image

from processors.detectors.decode_image import Pixels, decode_image, png_is_complete
from processors.detectors.inspect_image import open_image, read_orientation
from processors.detectors.limits import PictureLimits
from processors.detectors.refusal import RefusedPictureError
from schemas.failures import FailureCode
from tests.support import hostile_images
from tests.support.hostile_images import encoded, gradient, jpeg


def _decode(data: bytes, at_least: tuple[int, int] = (320, 240)) -> Pixels:
    return decode_image(open_image(data, PictureLimits()), at_least=at_least)


def _rgb(pixels: Pixels) -> np.ndarray:
    array = pixels.array[:, :, :3].astype(int)
    return array if pixels.is_rgb else array[:, :, ::-1]


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("JPEG", {"quality": 95}, 6),
        ("JPEG", {"quality": 95, "progressive": True}, 6),
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
    ],
)
def test_the_pixels_are_those_that_were_encoded(
    kind: str, options: dict[str, object], tolerance: int
) -> None:
    found = _rgb(_decode(encoded(gradient(), kind, **options)))
    assert np.abs(found - np.asarray(gradient(), int)).max() <= tolerance


@pytest.mark.parametrize("build", [hostile_images.cmyk_jpeg, hostile_images.multi_picture_jpeg])
def test_unusual_jpegs_look_as_they_should(build: hostile_images.Builder) -> None:
    assert np.abs(_rgb(_decode(build())) - np.asarray(gradient(), int)).mean() < 8


@pytest.mark.parametrize(
    ("at_least", "width"),
    [
        ((320, 240), 320),
        ((161, 120), 320),
        ((160, 120), 160),
        ((80, 60), 80),
        ((40, 30), 40),
        ((3, 2), 40),
    ],
)
def test_a_large_jpeg_is_decoded_smaller_but_never_too_small(
    at_least: tuple[int, int], width: int
) -> None:
    assert _decode(jpeg(), at_least).array.shape[1] == width


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    found = _rgb(_decode(hostile_images.sixteen_bit_png()))
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[128, 0].tolist() == [128, 128, 128]
    assert found[255, 255].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "data",
    [
        hostile_images.palette_png(),
        encoded(hostile_images.half_transparent(), "PNG"),
        encoded(hostile_images.half_transparent(), "WEBP", lossless=True),
    ],
)
def test_transparency_comes_along(data: bytes) -> None:
    array = _decode(data).array
    assert array.shape[2] == 4
    assert (array[0, 0, 3], array[0, -1, 3]) == (0, 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_a_moving_picture_the_first_frame_counts(kind: str) -> None:
    moving = encoded(
        Image.new("RGB", (32, 32), "red"),
        kind,
        save_all=True,
        append_images=[Image.new("RGB", (32, 32), "blue")],
    )
    red, _, blue = _rgb(_decode(moving))[16, 16].tolist()
    assert red > 200
    assert blue < 50


@pytest.mark.parametrize(
    "whole",
    [
        jpeg(),
        jpeg(progressive=True),
        jpeg(restart_marker_blocks=4),
        encoded(gradient().convert("L"), "JPEG"),
        encoded(gradient(1_600, 1_200), "JPEG"),
    ],
)
@pytest.mark.parametrize("lost", [1, 2, 10, 500])
def test_a_jpeg_that_lost_its_end_is_refused_at_any_scale(whole: bytes, lost: int) -> None:
    for at_least in ((320, 240), (100, 75), (10, 10)):
        with pytest.raises(OSError, match="truncated"):
            _decode(whole[:-lost], at_least)


def test_a_png_is_complete_with_its_last_chunk_and_may_have_more_behind() -> None:
    whole = encoded(gradient(), "PNG")
    assert png_is_complete(whole)
    assert png_is_complete(whole + b"more")
    assert not png_is_complete(whole[:-12])
    assert not png_is_complete(whole[:20])


@pytest.mark.parametrize(
    ("orientation", "read"), [(1, 1), (3, 3), (8, 8), (0, 1), (9, 1), (65_535, 1)]
)
def test_orientation_is_one_of_eight(orientation: int, read: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("JPEG", "PNG", "WEBP"):
        opened = open_image(encoded(gradient(), kind, exif=exif), PictureLimits())
        assert read_orientation(opened) == read


def test_damaged_exif_means_upright() -> None:
    for exif in (b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + bytes(range(256))):
        assert read_orientation(open_image(jpeg(exif=exif), PictureLimits())) == 1


@pytest.mark.parametrize("size", [(101, 10), (10, 101), (60, 60)])
def test_the_caps_are_looked_at_before_decoding(size: tuple[int, int]) -> None:
    data = encoded(gradient(*size), "PNG")[:60]
    with pytest.raises(RefusedPictureError, match="pixels") as caught:
        open_image(data, PictureLimits(max_pixels=3_000, max_side=100))
    assert caught.value.code == FailureCode.IMAGE_TOO_LARGE


def test_only_the_sniffed_opener_is_tried() -> None:
    disguised = io.BytesIO(b"\xff\xd8\xff" + encoded(gradient(), "TIFF")).getvalue()
    with pytest.raises(OSError, match="cannot identify"):
        open_image(disguised, PictureLimits())

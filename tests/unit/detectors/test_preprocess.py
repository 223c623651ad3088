"""From pixels to the tensor: where the picture lies, which way up, and what is around it."""

import math

import numpy as np
import pytest
from PIL import Image, ImageOps

from processors.detectors.decode_image import Pixels
from processors.detectors.preprocess import Canvas, fit, turn_upright
from tests.support.detector_models import SAMPLES
from tests.support.hostile_images import gradient
from tests.support.plain_pipeline import linear_resize, smoothed


def _letterbox(canvas: Canvas, image: Image.Image, orientation: int = 1) -> None:
    pixels = np.asarray(image)
    canvas.place(Pixels(pixels, is_rgb=True), orientation, image.width, image.height)


@pytest.mark.parametrize(
    ("size", "placed"),
    [
        ((640, 480), (416, 312)),
        ((480, 640), (312, 416)),
        ((100, 100), (416, 416)),
        ((10_000, 1), (416, 1)),
        ((1, 10_000), (1, 416)),
        ((599, 400), (416, 277)),
    ],
)
def test_the_sides_keep_their_ratio_and_are_cut(
    size: tuple[int, int], placed: tuple[int, int]
) -> None:
    found = fit(*size, 416)
    assert (found.width, found.height) == placed
    assert found.scale == min(416 / size[0], 416 / size[1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_undone_as_pillow_does_it(orientation: int) -> None:
    stored = gradient(40, 30)
    stored.getexif()[0x0112] = orientation
    upright = ImageOps.exif_transpose(stored)
    assert np.array_equal(turn_upright(np.asarray(stored), orientation), np.asarray(upright))


@pytest.mark.parametrize("orientation", [1, 6])
def test_turning_after_the_resize_gives_what_turning_before_gives(orientation: int) -> None:
    stored = gradient(200, 120)
    after, before = (Canvas(64, padding=0, is_rgb=True) for _ in range(2))
    upright = turn_upright(np.asarray(stored), orientation)
    height, width = upright.shape[:2]
    after.place(Pixels(np.asarray(stored), is_rgb=True), orientation, width, height)
    before.place(Pixels(upright, is_rgb=True), 1, width, height)
    assert np.abs(after.tensor - before.tensor).max() <= 1


def test_the_tensor_equals_a_plain_smoothing_and_linear_resize() -> None:
    random = np.random.default_rng(2).integers(0, 256, (100, 150, 3), np.uint8)
    canvas = Canvas(96, padding=114, is_rgb=False)
    canvas.place(Pixels(random, is_rgb=True), 1, 150, 100)
    sigma = math.sqrt(((150 / 96) ** 2 - 1) / 6)
    plain = linear_resize(smoothed(random, sigma), 96, 64)[:, :, ::-1].transpose(2, 0, 1)
    difference = np.abs(canvas.tensor[0, :, :64] - plain)
    assert difference.max() <= 2
    assert difference.mean() < 0.5
    assert (canvas.tensor[0, :, 64:] == 114).all()


def test_a_picture_is_shrunk_much_as_pillow_does_it() -> None:
    photograph = Image.open(SAMPLES / "coffee.jpg")
    canvas = Canvas(416, padding=0, is_rgb=True)
    _letterbox(canvas, photograph)
    pillow = np.asarray(photograph.resize((416, 277), Image.Resampling.BILINEAR), float)
    assert np.abs(canvas.tensor[0, :, :277] - pillow.transpose(2, 0, 1)).mean() < 1


def test_nothing_of_the_picture_before_is_left() -> None:
    used, fresh = (Canvas(64, padding=7, is_rgb=True) for _ in range(2))
    _letterbox(used, gradient(64, 64))
    for canvas in (used, fresh):
        _letterbox(canvas, gradient(20, 64))
    assert np.array_equal(used.tensor, fresh.tensor)


@pytest.mark.parametrize("wants_rgb", [True, False])
@pytest.mark.parametrize("is_rgb", [True, False])
def test_colours_come_in_the_order_of_the_model(wants_rgb: bool, is_rgb: bool) -> None:
    canvas = Canvas(8, padding=0, is_rgb=wants_rgb)
    red = np.zeros((8, 8, 3), np.uint8)
    red[:, :, 0 if is_rgb else 2] = 200
    canvas.place(Pixels(red, is_rgb=is_rgb), 1, 8, 8)
    assert canvas.tensor[0, :, 0, 0].tolist() == ([200, 0, 0] if wants_rgb else [0, 0, 200])


def test_what_is_transparent_is_white() -> None:
    canvas = Canvas(8, padding=0, is_rgb=True)
    layers = np.zeros((8, 8, 4), np.uint8)
    layers[:, 4:] = (10, 20, 30, 255)
    canvas.place(Pixels(layers, is_rgb=True), 1, 8, 8)
    assert canvas.tensor[0, :, 0, 0].tolist() == [255, 255, 255]
    assert canvas.tensor[0, :, 0, 7].tolist() == [10, 20, 30]


def test_fine_stripes_become_grey_and_not_black() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::4] = 255
    canvas = Canvas(64, padding=0, is_rgb=True)
    canvas.place(Pixels(stripes, is_rgb=True), 1, 512, 512)
    assert np.abs(canvas.tensor - 64).max() <= 1

"""Both models on real photographs: the samples, turned samples, and agreement with plain code."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from processors.detectors.found import Detections
from processors.detectors.limits import PictureLimits
from processors.detectors.runner import Runner
from schemas.labels import COCO_LABELS
from tests.support.detector_models import both_models, bundled_models, sample, selection
from tests.support.plain_pipeline import PlainBox, detect_plainly, overlap, plain_session
from tests.support.shared_folder import shared_folder

Detect = Callable[..., Detections]
SETS_BACK = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def _detect_with(runner: Runner, model: str) -> Detect:
    def detect(data: bytes, threshold: float = 0.5) -> Detections:
        outcome = runner.run(data, selection(threshold, most=100), model)
        assert isinstance(outcome, Detections)
        return outcome

    return detect


@pytest.fixture(scope="module")
def centernet() -> Detect:
    return _detect_with(Runner(bundled_models(), PictureLimits()), "centernet-mbv3")


@pytest.fixture(scope="module")
def yolox() -> Detect:
    return _detect_with(Runner(both_models(), PictureLimits()), "yolox-nano")


@pytest.mark.parametrize(
    ("name", "shows"), [("astronaut", "person"), ("chelsea", "cat"), ("coffee", "cup")]
)
def test_the_bundled_model_finds_what_the_samples_show(
    centernet: Detect, name: str, shows: str
) -> None:
    assert [one.name for one in centernet(sample(name)).objects] == [shows]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "shows"),
    [("astronaut", ["person"]), ("chelsea", ["cat"]), ("coffee", ["cup", "dining table"])],
)
def test_the_preferred_model_finds_what_the_samples_show(
    yolox: Detect, name: str, shows: list[str]
) -> None:
    assert [one.name for one in yolox(sample(name)).objects] == shows


def _stored_turned(data: bytes, orientation: int) -> bytes:
    """The same picture to a viewer, stored so that its EXIF orientation must be obeyed."""
    upright = Image.open(io.BytesIO(data))
    exif = Image.Exif()
    exif[0x0112] = SETS_BACK[orientation]
    upright.info.pop("exif", None)
    upright.getexif()[0x0112] = SETS_BACK[orientation]
    turned = ImageOps.exif_transpose(upright)
    exif[0x0112] = orientation
    stream = io.BytesIO()
    turned.save(stream, "PNG", exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stored_turned_gives_the_boxes_of_the_upright_one(
    centernet: Detect, orientation: int
) -> None:
    upright = centernet(_stored_turned(sample("coffee"), 1))
    turned = centernet(_stored_turned(sample("coffee"), orientation))
    assert (turned.picture.width, turned.picture.height) == (600, 400)
    assert [one.name for one in turned.objects] == [one.name for one in upright.objects]
    for one, other in zip(turned.objects, upright.objects, strict=True):
        found = (one.x, one.y, one.width, one.height, one.confidence)
        assert found == pytest.approx(
            (other.x, other.y, other.width, other.height, other.confidence), abs=0.02
        )


def _agrees(plain: PlainBox, found: list[PlainBox]) -> bool:
    return any(
        one.label == plain.label
        and abs(one.confidence - plain.confidence) <= 0.1
        and max(abs(np.array([one.left - plain.left, one.top - plain.top,
                              one.right - plain.right, one.bottom - plain.bottom]))) <= 0.05
        and overlap(one, plain) > 0.5
        for one in found
    )  # fmt: skip


def _boxes(found: Detections) -> list[PlainBox]:
    return [
        PlainBox(COCO_LABELS.index(one.name), one.confidence, one.x, one.y,
                 one.x + one.width, one.y + one.height)
        for one in found.objects
    ]  # fmt: skip


@pytest.mark.shared
def test_the_product_agrees_with_the_plain_pipeline_on_the_photographs(yolox: Detect) -> None:
    folder = shared_folder()
    session = plain_session(folder / "models" / "yolox_nano.onnx")
    photographs = sorted((folder / "images").glob("*.jpg"))
    assert len(photographs) == 60
    agreed, expected = 0, 0
    for path in photographs:
        data = path.read_bytes()
        found = _boxes(yolox(data, 0.25))
        plain = detect_plainly(session, data, 0.35)
        expected += len(plain)
        agreed += sum(_agrees(box, found) for box in plain)
    assert expected > 100
    assert agreed >= 0.98 * expected, f"{agreed} of {expected}"

"""The hostile corpus through a whole item: a stable code or a sound answer, never an exception."""

import pytest

from processors.detectors.found import Detections
from processors.detectors.limits import PictureLimits
from processors.detectors.refusal import Refusal
from processors.detectors.runner import Runner
from schemas.failures import FailureCode
from tests.support.detector_models import bundled_models, selection
from tests.support.hostile_images import DAMAGED, INNOCENT, NO_PICTURES, TOO_LARGE, Builder

REFUSED = [
    (code, name, build)
    for code, table in (
        (FailureCode.IMAGE_UNSUPPORTED, NO_PICTURES),
        (FailureCode.IMAGE_TOO_LARGE, TOO_LARGE),
        (FailureCode.IMAGE_UNDECODABLE, DAMAGED),
    )
    for name, build in table.items()
]


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner(bundled_models(), PictureLimits())


@pytest.mark.parametrize(
    ("code", "build"), [(c, b) for c, _, b in REFUSED], ids=[name for _, name, _ in REFUSED]
)
def test_what_cannot_be_analysed_is_refused_with_a_code(
    runner: Runner, code: FailureCode, build: Builder
) -> None:
    outcome = runner.run(build(), selection(), "centernet-mbv3")
    assert isinstance(outcome, Refusal)
    assert outcome.code == code
    assert outcome.message.isprintable()


@pytest.mark.parametrize("build", INNOCENT.values(), ids=INNOCENT.keys())
def test_what_is_only_unusual_is_analysed(runner: Runner, build: Builder) -> None:
    data = build()
    outcome = runner.run(data, selection(), "centernet-mbv3")
    assert isinstance(outcome, Detections)
    assert outcome.picture.size_bytes == len(data)
    assert outcome.took_ms > 0


def test_a_multi_picture_jpeg_is_a_jpeg(runner: Runner) -> None:
    outcome = runner.run(INNOCENT["multi-picture jpeg"](), selection(), "centernet-mbv3")
    assert isinstance(outcome, Detections)
    assert (outcome.picture.format, outcome.picture.color_space) == ("jpeg", "RGB")

"""The hostile corpus through a whole item: a stable code or a sound answer, never an exception."""

import pytest

from processors.detectors.found import Detections
from processors.detectors.limits import PictureLimits
from processors.detectors.refusal import Refusal
from processors.detectors.runner import Runner
from tests.support.detector_models import bundled_models, selection
from tests.support.hostile_corpus import CORPUS


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner(bundled_models(), PictureLimits())


@pytest.mark.parametrize("name", CORPUS)
def test_what_can_be_analysed_is_and_the_rest_is_refused_with_a_code(
    runner: Runner, name: str
) -> None:
    data = CORPUS[name].build()
    outcome = runner.run(data, selection(), "centernet-mbv3")
    if isinstance(outcome, Refusal):
        assert outcome.code == CORPUS[name].decoded
        assert outcome.message.isprintable()
        return
    assert CORPUS[name].decoded is None
    assert isinstance(outcome, Detections)
    assert outcome.picture.size_bytes == len(data)
    assert outcome.took_ms > 0


def test_a_multi_picture_jpeg_is_a_jpeg(runner: Runner) -> None:
    data = CORPUS["multi picture jpeg"].build()
    outcome = runner.run(data, selection(), "centernet-mbv3")
    assert isinstance(outcome, Detections)
    assert (outcome.picture.format, outcome.picture.color_space) == ("jpeg", "RGB")

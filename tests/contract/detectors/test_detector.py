"""What every detector promises: the twin and the one with real children alike."""

from collections.abc import AsyncIterator
from hashlib import sha256

import pytest

from processors.detectors.memory import TWIN_ANSWER, MemoryDetector
from processors.detectors.pool import ChildProcessDetector
from processors.detectors.port import Detector, PictureError, UnknownModelError
from schemas.failures import FailureCode
from tests.support.detector_models import bundled_models, sample, selection
from tests.support.hostile_corpus import CORPUS

BROKEN = CORPUS["jpeg cut in half"].build()


@pytest.fixture(params=["twin", "children"])
async def detector(request: pytest.FixtureRequest) -> AsyncIterator[Detector]:
    made: Detector
    if request.param == "twin":
        refusal = PictureError(FailureCode.IMAGE_UNDECODABLE, "the picture is cut short")
        made = MemoryDetector(table={sha256(BROKEN).hexdigest(): refusal})
    else:
        made = ChildProcessDetector(bundled_models(), children=1)
    await made.start()
    yield made
    await made.aclose()


async def test_objects_come_by_falling_confidence_with_the_picture(detector: Detector) -> None:
    found = await detector.detect(sample("coffee"), selection(0.3), model=None)
    confidences = [one.confidence for one in found.objects]
    assert len(confidences) >= 2
    assert confidences == sorted(confidences, reverse=True)
    assert found.picture.size_bytes == len(sample("coffee"))
    assert (found.picture.width, found.picture.height) == (600, 400)
    assert found.model == detector.preferred.name
    assert found.took_ms > 0


async def test_selection_is_obeyed(detector: Detector) -> None:
    (one,) = (await detector.detect(sample("coffee"), selection(0.3, most=1), model=None)).objects
    assert one.name == "cup"
    tables = selection(0.3, most=1, labels=frozenset({"dining table"}))
    (one,) = (await detector.detect(sample("coffee"), tables, model=None)).objects
    assert one.name == "dining table"
    none = await detector.detect(sample("coffee"), selection(1.0), model=None)
    assert none.objects == ()


async def test_the_same_bytes_give_the_same_objects(detector: Detector) -> None:
    first, second = [
        await detector.detect(sample("coffee"), selection(), model=None, interactive=False)
        for _ in range(2)
    ]
    assert first.objects == second.objects


async def test_models_are_known_by_name(detector: Detector) -> None:
    preferred = detector.preferred
    assert detector.model(None) == detector.model(preferred.name) == preferred
    with pytest.raises(UnknownModelError):
        detector.model("nobody")
    with pytest.raises(UnknownModelError):
        await detector.detect(sample("coffee"), selection(), model="nobody")


async def test_the_fault_of_a_picture_is_final_and_has_a_code(detector: Detector) -> None:
    with pytest.raises(PictureError) as caught:
        await detector.detect(BROKEN, selection(), model=None)
    assert caught.value.code == FailureCode.IMAGE_UNDECODABLE


async def test_the_twin_tells_what_it_saw() -> None:
    twin = MemoryDetector(TWIN_ANSWER)
    await twin.detect(b"one", selection(), model=None)
    await twin.detect(b"two", selection(), model=None, interactive=False)
    digests = [sha256(data).hexdigest() for data in (b"one", b"two")]
    assert twin.seen == [(digests[0], True), (digests[1], False)]

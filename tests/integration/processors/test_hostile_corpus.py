"""The hostile corpus through the detect processor and its guard: one outcome each, and its own.

The door has let every one pass, as it does what comes by address or through an inbox.
"""

import hashlib
import io

import pytest
import structlog

from processors.detect import DetectImage
from processors.detectors.pool import ChildProcessDetector
from schemas.events import ImageSubmitted
from schemas.pictures import object_key
from tests.support.detector_children import detector_children
from tests.support.detector_models import bundled_models
from tests.support.events import image_submitted, new_request_id, record_of
from tests.support.hostile_corpus import CORPUS
from tests.unit.processors.bench import Bench
from topics.catalog import ANALYSIS_FAILED, IMAGE_ANALYZED


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_every_picture_has_one_outcome_that_is_its_own(bench: Bench) -> None:
    detector = ChildProcessDetector(bundled_models(), children=2)
    await detector.start()
    try:
        before = detector_children()
        settlement = bench.settlement(
            DetectImage(
                pictures=bench.pictures(max_image_bytes=15_000_000), detector=detector,
                publisher=bench.publisher, outcomes=bench.outcomes, metrics=bench.metrics,
                clock=bench.clock, interactive=True,
            )
        )  # fmt: skip
        names = {}
        with structlog.testing.capture_logs():
            for name, case in CORPUS.items():
                event = await _stored(bench, case.build())
                names[event.request_id] = name
                await settlement.settle(record_of(event))
        assert detector_children() == before
    finally:
        await detector.aclose()
    failed = {names[one.request_id]: str(one.code) for one in bench.failures()}
    analyzed = {names[one.request_id]: None for one in bench.results()}
    assert failed | analyzed == {name: case.decoded for name, case in CORPUS.items()}
    assert len(failed) + len(analyzed) == len(CORPUS)
    assert set(bench.log.records) == {ANALYSIS_FAILED.name, IMAGE_ANALYZED.name}
    assert not any(one.retryable for one in bench.failures())


async def _stored(bench: Bench, picture: bytes) -> ImageSubmitted:
    """Announced as if it were what it claims to be; one byte at least, as the contract wants."""
    request_id, sha256 = new_request_id(), hashlib.sha256(picture).hexdigest()
    event = image_submitted(
        "acme", request_id=request_id, sha256=sha256, size_bytes=max(len(picture), 1),
        object_key=object_key("acme", request_id, sha256),
    )  # fmt: skip
    await bench.images.put(
        event.object_key, io.BytesIO(picture), size_bytes=len(picture),
        content_type=event.content_type,
    )  # fmt: skip
    return event

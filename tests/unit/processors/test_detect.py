"""image-submitted -> detect -> image-analyzed, on a detector that answers from a table."""

import hashlib
import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from processors.detect import DetectImage, to_selection
from processors.detectors.memory import TWIN_ANSWER, TWIN_MODEL, MemoryDetector
from processors.detectors.port import Detections, DetectorCrashedError, PictureError
from processors.errors import TransientWorkError
from schemas.events import ImageSubmitted
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from schemas.pictures import object_key
from storage.errors import StoreUnavailableError
from tests.support.events import TRACEPARENT, image_analyzed, image_requested, image_submitted
from tests.unit.processors.bench import Bench
from topics.catalog import IMAGE_ANALYZED
from topics.codec import Envelope
from topics.errors import InvalidMessageError, LogUnavailableError

PICTURE = b"a picture, as far as the twin is concerned"
REQUEST_ID = UUID("0198d2c4-7a10-7a10-8a10-0123456789ab")


def submitted(**fields: Any) -> ImageSubmitted:
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    defaults = {
        "request_id": REQUEST_ID,
        "sha256": sha256,
        "object_key": object_key("acme", REQUEST_ID, sha256),
        "size_bytes": len(PICTURE),
    }
    return image_submitted("acme", **(defaults | fields))


def in_envelope(event: ImageSubmitted) -> Envelope:
    return Envelope(event, "an-id", TRACEPARENT)


async def stored(bench: Bench, event: ImageSubmitted, content: bytes = PICTURE) -> ImageSubmitted:
    await bench.images.put(
        event.object_key, io.BytesIO(content),
        size_bytes=len(content), content_type=event.content_type,
    )  # fmt: skip
    return event


def handler(bench: Bench, answer: Detections | Exception = TWIN_ANSWER) -> DetectImage:
    return DetectImage(
        pictures=bench.pictures(), detector=MemoryDetector(answer), publisher=bench.publisher,
        outcomes=bench.outcomes, metrics=bench.metrics, clock=bench.clock, interactive=True,
    )  # fmt: skip


async def test_the_result_document_to_the_letter(bench: Bench) -> None:
    event = await stored(bench, submitted())
    await handler(bench)(in_envelope(event))
    (record,) = bench.written(IMAGE_ANALYZED.name)
    assert record.key == event.key.encode()
    assert record.header("traceparent") == TRACEPARENT
    assert json.loads(record.value or b"") == {
        "request_id": str(REQUEST_ID),
        "tenant_id": "acme",
        "accepted_at": "2026-03-01T12:00:00.250000Z",
        "result": {
            "request_id": str(REQUEST_ID),
            "timestamp": "2026-03-01T12:00:00.250000Z",
            "detected_objects": [
                {
                    "object_id": "obj_1_1772366400250",
                    "name": "cup",
                    "confidence": 0.9,
                    "bounding_box": {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5},
                },
                {
                    "object_id": "obj_2_1772366400250",
                    "name": "dining table",
                    "confidence": 0.75,
                    "bounding_box": {"x": 0.0, "y": 0.5, "width": 1.0, "height": 0.5},
                },
            ],
            "image_metadata": {
                "width": 600,
                "height": 400,
                "format": "jpeg",
                "size_bytes": len(PICTURE),
                "color_space": "RGB",
            },
            "processing_time_ms": 1.0,
            "confidence_threshold": 0.5,
            "total_objects_detected": 2,
            "model": {"name": "twin", "version": "1", "sha256": "0" * 64},
        },
    }
    assert not bench.failures()


async def test_a_repeat_gives_the_same_bytes_and_the_same_id(bench: Bench) -> None:
    event = await stored(bench, submitted())
    for _ in range(2):
        await handler(bench)(in_envelope(event))
    first, second = bench.written(IMAGE_ANALYZED.name)
    assert first.value == second.value
    assert first.header("ce_id") == second.header("ce_id")


async def test_options_choose_what_is_told(bench: Bench) -> None:
    options = AnalysisOptions(
        confidence_threshold=0.8, include_metadata=False, max_objects=1, labels=("cup",)
    )
    event = await stored(bench, submitted(options=options))
    await handler(bench)(in_envelope(event))
    result = bench.results()[0].result
    assert [found.name for found in result.detected_objects] == ["cup"]
    assert result.image_metadata is None
    assert result.confidence_threshold == 0.8
    assert result.total_objects_detected == 1


def test_every_option_of_the_selection_reaches_the_detector() -> None:
    options = AnalysisOptions(
        confidence_threshold=0.25, iou_threshold=0.6, max_objects=7, labels=("dog", "cat")
    )
    selection = to_selection(options)
    assert (selection.confidence_threshold, selection.iou_threshold) == (0.25, 0.6)
    assert (selection.max_objects, selection.labels) == (7, frozenset({"cat", "dog"}))
    assert to_selection(AnalysisOptions()).labels is None


async def test_nothing_found_is_a_result(bench: Bench) -> None:
    empty = Detections((), TWIN_ANSWER.picture, 1.0, TWIN_MODEL.name)
    event = await stored(bench, submitted())
    await handler(bench, empty)(in_envelope(event))
    assert bench.results()[0].result.detected_objects == ()


async def test_other_bytes_than_announced_are_never_looked_at(bench: Bench) -> None:
    event = await stored(bench, submitted(), PICTURE + b"!")
    await handler(bench)(in_envelope(event))
    assert [failed.code for failed in bench.failures()] == [FailureCode.INTEGRITY_MISMATCH]
    assert not bench.results()


async def test_a_picture_that_is_gone(bench: Bench) -> None:
    await handler(bench)(in_envelope(submitted()))
    assert [failed.code for failed in bench.failures()] == [FailureCode.OBJECT_MISSING]


async def test_a_picture_that_is_gone_because_the_work_was_done(bench: Bench) -> None:
    event = submitted()
    await bench.analyses.accept(event)
    await bench.analyses.record([image_analyzed("acme", request_id=REQUEST_ID)])
    await handler(bench)(in_envelope(event))
    assert not bench.log.records


async def test_a_picture_larger_than_the_limit(bench: Bench) -> None:
    content = b"x" * 1001
    event = submitted(sha256=hashlib.sha256(content).hexdigest())
    await handler(bench)(in_envelope(await stored(bench, event, content)))
    (failed,) = bench.failures()
    assert failed.code == FailureCode.IMAGE_TOO_LARGE
    assert "1000 bytes" in failed.message


async def test_a_deadline_that_has_passed(bench: Bench) -> None:
    event = await stored(bench, submitted())
    bench.now = event.deadline_at + timedelta(seconds=1)
    await handler(bench)(in_envelope(event))
    assert [failed.code for failed in bench.failures()] == [FailureCode.DEADLINE_EXCEEDED]
    assert not bench.results()


@pytest.mark.parametrize("key", ["globex/1/2", "acme2/1/2", "_dead-letters/x", "acme"])
async def test_another_tenants_object_is_an_invalid_event(bench: Bench, key: str) -> None:
    with pytest.raises(InvalidMessageError, match="object_foreign"):
        await handler(bench)(in_envelope(submitted(object_key=key)))
    assert not bench.log.records


async def test_an_event_of_another_class_is_a_fault_of_our_own(bench: Bench) -> None:
    with pytest.raises(TypeError, match="ImageRequested"):
        await handler(bench)(Envelope(image_requested(), "an-id", None))


async def test_a_model_that_is_not_installed(bench: Bench) -> None:
    event = await stored(bench, submitted(options=AnalysisOptions(model="no-such-model")))
    await handler(bench)(in_envelope(event))
    (failed,) = bench.failures()
    assert failed.code == FailureCode.MODEL_UNKNOWN
    assert "no-such-model" in failed.message


async def test_a_picture_at_fault(bench: Bench) -> None:
    event = await stored(bench, submitted())
    refusal = PictureError(FailureCode.IMAGE_UNDECODABLE, "cut short")
    await handler(bench, refusal)(in_envelope(event))
    (failed,) = bench.failures()
    assert (failed.code, failed.message) == (FailureCode.IMAGE_UNDECODABLE, "cut short")
    assert not failed.retryable


async def test_a_child_that_died_is_worth_another_try(bench: Bench) -> None:
    event = await stored(bench, submitted())
    with pytest.raises(TransientWorkError, match="killed"):
        await handler(bench, DetectorCrashedError("killed"))(in_envelope(event))
    assert not bench.log.records


async def test_outages_are_left_to_the_guard(bench: Bench) -> None:
    event = await stored(bench, submitted())
    bench.images.is_down = True
    with pytest.raises(StoreUnavailableError):
        await handler(bench)(in_envelope(event))
    bench.images.is_down, bench.log.is_down = False, True
    with pytest.raises(LogUnavailableError):
        await handler(bench)(in_envelope(event))


async def test_results_are_counted(bench: Bench) -> None:
    event = await stored(bench, submitted())
    await handler(bench)(in_envelope(event))
    found = {"class": "cup", "confidence": "0.9-1.0"}
    assert bench.count("analyzer_detected_objects_total", **found) == 1
    assert bench.count("analyzer_inference_duration_seconds_count", model="twin") == 1

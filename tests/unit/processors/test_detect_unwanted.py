"""Whatever is cancelled or late when its turn comes has its outcome, and no child sees it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from processors.detect import DetectImage
from processors.detectors.memory import MemoryDetector
from processors.detectors.port import Detections, Selection, always
from schemas.events import ImageSubmitted
from schemas.failures import FailureCode
from storage.errors import StoreUnavailableError
from tests.support.events import TRACEPARENT, image_analyzed, new_request_id
from tests.unit.processors.bench import Bench
from tests.unit.processors.test_detect import in_envelope, stored, submitted
from topics.catalog import ANALYSIS_FAILED


class Queue(MemoryDetector):
    """Something happens while the picture waits for its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    async def detect(
        self,
        image: bytes,
        selection: Selection,
        *,
        model: str | None,
        interactive: bool = True,
        is_wanted: Callable[[], bool] = always,
    ) -> Detections:
        self.meanwhile()
        return await super().detect(
            image, selection, model=model, interactive=interactive, is_wanted=is_wanted
        )


def handler(bench: Bench, detector: MemoryDetector) -> DetectImage:
    return DetectImage(
        pictures=bench.pictures(), detector=detector, publisher=bench.publisher,
        outcomes=bench.outcomes, metrics=bench.metrics, clock=bench.clock, interactive=True,
    )  # fmt: skip


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
async def event(bench: Bench) -> ImageSubmitted:
    """Accepted, its picture stored."""
    found = await stored(bench, submitted())
    await bench.analyses.accept(found)
    return found


def ended_with(bench: Bench, code: FailureCode) -> bool:
    """As its one outcome, unworked."""
    (failed,) = bench.failures()
    trace = bench.written(ANALYSIS_FAILED.name)[0].header("traceparent")
    return (failed.code, failed.attempts, trace) == (code, 0, TRACEPARENT) and not bench.results()


async def test_cancelled_before_it_is_not_even_loaded(
    bench: Bench, event: ImageSubmitted, queue: Queue
) -> None:
    bench.cancel(event)
    bench.images.is_down = True
    await handler(bench, queue)(in_envelope(event))
    assert ended_with(bench, FailureCode.CANCELLED)
    assert queue.seen == []


async def test_cancelled_while_it_waits_for_its_turn(
    bench: Bench, event: ImageSubmitted, queue: Queue
) -> None:
    queue.meanwhile = lambda: bench.cancel(event)
    await handler(bench, queue)(in_envelope(event))
    assert ended_with(bench, FailureCode.CANCELLED)
    assert queue.seen == []


async def test_late_when_its_turn_comes(bench: Bench, event: ImageSubmitted, queue: Queue) -> None:
    def wait() -> None:
        bench.now = event.deadline_at + timedelta(seconds=1)

    queue.meanwhile = wait
    await handler(bench, queue)(in_envelope(event))
    assert ended_with(bench, FailureCode.DEADLINE_EXCEEDED)
    assert queue.seen == []


async def test_one_that_somebody_else_s_cancel_is_about_is_worked(
    bench: Bench, event: ImageSubmitted, queue: Queue
) -> None:
    queue.meanwhile = lambda: bench.cancel(submitted(request_id=new_request_id()))
    await handler(bench, queue)(in_envelope(event))
    assert len(bench.results()) == 1
    assert not bench.failures()


async def test_cancelled_too_late_changes_nothing(
    bench: Bench, event: ImageSubmitted, queue: Queue
) -> None:
    await handler(bench, queue)(in_envelope(event))
    await bench.analyses.record([image_analyzed(request_id=event.request_id)])
    bench.cancel(event)
    await handler(bench, queue)(in_envelope(event))
    assert len(bench.results()) == 1
    assert not bench.failures()


async def test_cancelled_without_the_record_it_is_held(
    bench: Bench, event: ImageSubmitted, queue: Queue
) -> None:
    """Whether a result is recorded already has to be asked first."""
    bench.analyses.is_down = True
    queue.meanwhile = lambda: bench.cancel(event)
    with pytest.raises(StoreUnavailableError):
        await handler(bench, queue)(in_envelope(event))
    assert not bench.log.records

"""Failures that a redelivery could contradict are checked against the record first."""

from datetime import timedelta

import pytest

from schemas.failures import FailureCode
from storage.errors import StoreUnavailableError
from tests.support.events import image_analyzed, image_submitted
from tests.unit.processors.bench import Bench


async def test_a_failure_is_told_with_a_message_that_fits(bench: Bench) -> None:
    event = image_submitted()
    await bench.outcomes.fail(event, FailureCode.FETCH_FAILED, "x" * 5000, traceparent=None)
    (failed,) = bench.failures()
    assert (failed.key, len(failed.message), failed.retryable) == (event.key, 1000, False)


async def test_what_the_record_does_not_know_may_be_failed(bench: Bench) -> None:
    code = FailureCode.OBJECT_MISSING
    await bench.outcomes.fail_unless_done(image_submitted(), code, "gone", traceparent=None)
    accepted = image_submitted()
    await bench.analyses.accept(accepted)
    await bench.outcomes.fail_unless_done(accepted, code, "gone", traceparent=None)
    assert [failed.code for failed in bench.failures()] == [code, code]


async def test_what_has_an_outcome_is_not_failed_again(bench: Bench) -> None:
    event = image_submitted()
    await bench.analyses.accept(event)
    await bench.analyses.record([image_analyzed(request_id=event.request_id)])
    await bench.outcomes.fail_unless_done(
        event, FailureCode.OBJECT_MISSING, "gone", traceparent=None
    )
    assert not bench.failures()


async def test_the_deadline_is_the_last_moment_in_time(bench: Bench) -> None:
    event = image_submitted()
    is_late = bench.outcomes.end_if_unwanted
    assert not await is_late(event, event.deadline_at, traceparent=None)
    assert not bench.failures()
    assert await is_late(event, event.deadline_at + timedelta(microseconds=1), traceparent=None)
    (failed,) = bench.failures()
    assert failed.code == FailureCode.DEADLINE_EXCEEDED
    assert event.deadline_at.isoformat() in failed.message
    assert failed.attempts == 0


async def test_what_somebody_cancelled_ends_as_cancelled_even_when_it_is_late(bench: Bench) -> None:
    event, other = image_submitted(), image_submitted()
    bench.cancel(event)
    late = event.deadline_at + timedelta(seconds=1)
    assert not bench.outcomes.is_wanted(event, bench.now)
    assert bench.outcomes.is_wanted(other, bench.now)
    assert await bench.outcomes.end_if_unwanted(event, late, traceparent=None)
    (failed,) = bench.failures()
    assert (failed.code, failed.attempts) == (FailureCode.CANCELLED, 0)


async def test_a_cancel_after_the_outcome_says_nothing_new(bench: Bench) -> None:
    event = image_submitted()
    await bench.analyses.accept(event)
    await bench.analyses.record([image_analyzed(request_id=event.request_id)])
    bench.cancel(event)
    assert await bench.outcomes.end_if_unwanted(event, bench.now, traceparent=None)
    assert not bench.failures()


async def test_without_the_record_nothing_is_decided(bench: Bench) -> None:
    bench.analyses.is_down = True
    event = image_submitted()
    with pytest.raises(StoreUnavailableError):
        await bench.outcomes.end_if_unwanted(
            event, event.deadline_at + timedelta(seconds=1), traceparent=None
        )
    assert not bench.failures()

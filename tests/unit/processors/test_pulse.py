"""When a processor counts as stuck."""

import pytest

from processors.pulse import Pulse


@pytest.fixture
def pulse() -> Pulse:
    made = Pulse("image-submitted")
    made.last_progress -= 100
    return made


def test_nothing_in_work_is_never_stuck(pulse: Pulse) -> None:
    assert not pulse.is_stuck(after_s=0)


def test_the_time_runs_from_the_taking_of_the_first(pulse: Pulse) -> None:
    pulse.taken()
    assert not pulse.is_stuck(after_s=50)
    pulse.last_progress -= 100
    pulse.taken()
    assert pulse.is_stuck(after_s=50), "more work is no progress"
    pulse.settled()
    assert not pulse.is_stuck(after_s=50)


def test_a_hold_is_no_standstill_until_the_last_is_released(pulse: Pulse) -> None:
    pulse.taken()
    pulse.last_progress -= 100
    pulse.hold("bucket")
    pulse.hold("bucket")
    pulse.release("bucket")
    pulse.last_progress -= 100
    assert pulse.is_waiting
    assert not pulse.is_stuck(after_s=50)
    pulse.release("bucket")
    assert not pulse.is_stuck(after_s=50), "the time runs anew"
    pulse.last_progress -= 100
    assert pulse.is_stuck(after_s=50)


def test_waiting_for_errors_of_our_own_is_no_standstill(pulse: Pulse) -> None:
    pulse.taken()
    pulse.last_progress -= 100
    pulse.stopped_by_limit = 2
    assert not pulse.is_stuck(after_s=50)
    assert pulse.is_waiting

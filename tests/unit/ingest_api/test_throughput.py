"""How many analyses end each second, by a clock that is set by hand."""

import pytest

from ingest_api.throughput import Throughput

START = 1_772_366_400.0


class Watch:
    def __init__(self) -> None:
        self.now = START
        self.throughput = Throughput(now=lambda: self.now)

    def note(self, *seconds: float) -> None:
        for second in seconds:
            self.throughput.note(START + second)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_nothing_finished_is_nothing(watch: Watch) -> None:
    assert watch.throughput.per_second() == 0
    watch.now += 1000
    assert watch.throughput.per_second() == 0


def test_over_the_time_since_the_start_while_that_is_short(watch: Watch) -> None:
    watch.note(*[0] * 10)
    assert watch.throughput.per_second() == 10
    watch.now += 5
    assert watch.throughput.per_second() == 2


def test_over_the_last_minute_and_no_longer(watch: Watch) -> None:
    watch.now += 300
    watch.note(*[299.5] * 30, *[300] * 30)
    assert watch.throughput.per_second() == 1
    watch.now += 59
    assert watch.throughput.per_second() == 0.5
    watch.now += 1
    assert watch.throughput.per_second() == 0


def test_what_ended_before_the_window_is_passed_over(watch: Watch) -> None:
    """A tail that begins far back sees old outcomes: they say nothing of now."""
    watch.note(*[-61] * 1000, -60, *[-59] * 60)
    watch.now += 30
    watch.note(*[30] * 30)
    assert watch.throughput.per_second() == 1


def test_outcomes_of_two_partitions_come_in_any_order(watch: Watch) -> None:
    watch.now += 60
    watch.note(58, 57, 59, 10, 58, 60)
    assert watch.throughput.per_second() == pytest.approx(6 / 60)


def test_a_clock_that_is_ahead_of_ours_does_not_stop_the_window(watch: Watch) -> None:
    watch.now += 60
    watch.note(3600, *[60] * 59)
    assert watch.throughput.per_second() == 1
    watch.now += 60
    assert watch.throughput.per_second() == 0

"""Rates, skew and silence are counted from the moments of results."""

import pytest

from benchmarks.hardware import Hardware
from benchmarks.scale_out_backlog import Told
from benchmarks.scale_out_report import Step, to_markdown

ONE = Step(1, (4,), changed=0.0, began=2.0, ended=12.0)
TWO = Step(2, (2, 2), changed=12.0, began=20.0, ended=30.0)
TOLD = [
    *(Told(n % 2, 2.0 + n / 10) for n in range(100)),
    *(Told(n % 4, 20.0 + n / 20) for n in range(200)),
]
MACHINE = Hardware(
    cpu="A", cores=2, memory_mb=1, kernel="6", python="3.11", libraries=(), commit="abc"
)


def test_only_results_of_the_window_count() -> None:
    assert ONE.rate(TOLD) == pytest.approx(10.0)
    assert TWO.rate(TOLD) == pytest.approx(20.0)


def test_what_each_partition_gave_is_told_the_most_first() -> None:
    assert ONE.of_partitions(TOLD) == (50, 50)
    assert TWO.of_partitions([*TOLD, Told(3, 21.0)]) == (51, 50, 50, 50)


def test_the_silence_of_a_change_is_its_longest_gap() -> None:
    assert TWO.silence_s([Told(0, 12.5), Told(0, 13.0), *TOLD]) == pytest.approx(7.0)


def test_the_ratio_is_to_one_process_of_the_same_round() -> None:
    text = to_markdown([ONE, TWO], TOLD, MACHINE)
    assert "| 2 | 2 | 2+2 | 20.0 | 2.00 |" in text
    assert "300 results" in text

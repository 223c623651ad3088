"""Percentiles by the nearest rank."""

from benchmarks.latency import Latency


def test_of_a_hundred() -> None:
    assert Latency.of([n / 1000 for n in range(100, 0, -1)]) == Latency(50.0, 90.0, 99.0, 100.0)


def test_of_one_all_are_the_same() -> None:
    assert Latency.of([0.25]) == Latency(250.0, 250.0, 250.0, 250.0)


def test_of_nothing_is_nothing() -> None:
    assert Latency.of([]) is None

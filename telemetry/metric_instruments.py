"""What is counted with: the instruments of prometheus-client, behind the bounds of their labels."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from telemetry.metric_labels import Bounds

Exemplar = Callable[[], dict[str, str] | None]
"""The trace that is being worked on, when it is sampled."""


class Counting:
    """Only goes up."""

    def __init__(self, counter: Counter, bounds: Bounds) -> None:
        self._counter = counter
        self._bounds = bounds

    def labels(self, *values: str) -> Counter:
        return self._counter.labels(*self._bounds.within(values))

    def inc(self, amount: float = 1) -> None:
        self._counter.inc(amount)


class Level:
    """Goes up and down, or is asked for at each scrape: `set_function`."""

    def __init__(self, gauge: Gauge, bounds: Bounds) -> None:
        self._gauge = gauge
        self._bounds = bounds

    def labels(self, *values: str) -> Gauge:
        return self._gauge.labels(*self._bounds.within(values))

    def set(self, value: float) -> None:
        self._gauge.set(value)

    def inc(self, amount: float = 1) -> None:
        self._gauge.inc(amount)

    def dec(self, amount: float = 1) -> None:
        self._gauge.dec(amount)

    def set_function(self, function: Callable[[], float]) -> None:
        self._gauge.set_function(function)

    def clear(self) -> None:
        """Forget every value: better than one that nobody can vouch for."""
        self._gauge.clear()


class Spread:
    """How often each size of something came. An observation links to its trace."""

    def __init__(self, histogram: Histogram, bounds: Bounds, exemplar: Exemplar) -> None:
        self._histogram = histogram
        self._bounds = bounds
        self._exemplar = exemplar

    def labels(self, *values: str) -> "Spread":
        child = self._histogram.labels(*self._bounds.within(values))
        return Spread(child, self._bounds, self._exemplar)

    def observe(self, value: float) -> None:
        self._histogram.observe(value, self._exemplar())

    @contextmanager
    def time(self) -> Iterator[None]:
        """Observes how long the block took, whatever ended it."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began)


class Followed(Collector):
    """A count that another keeps; it is asked at each scrape, and 0 before anybody is followed."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._count: Callable[[], float] = lambda: 0.0

    def follow(self, count: Callable[[], float]) -> None:
        self._count = count

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(self._name, self._text, value=self._count())

"""What is declared of a metric: kind, name, meaning, labels, buckets, and which processes tell it.

A declaration is an attribute of a class; an object of that class holds the instrument under the
same name.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Final, Generic, Self, TypeVar, overload

import prometheus_client as prometheus
from prometheus_client import CollectorRegistry

from telemetry.metric_instruments import Counting, Exemplar, Followed, Level, Spread
from telemetry.metric_labels import Bounds, Label

Processes = frozenset[str]
"""`api`, `worker` for each worker, or names of processors: who runs one of them tells it."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_Made = TypeVar("_Made")


class Metric(ABC, Generic[_Made]):
    """The name is Prometheus's: it ends in its unit, and in `_total` for what only goes up."""

    kind: ClassVar[str]

    def __init__(self, name: str, text: str, *labels: Label, by: Processes) -> None:
        self.name = name
        self.text = text
        self.labels = labels
        self.by = by

    @abstractmethod
    def make(self, registry: CollectorRegistry | None, exemplar: Exemplar) -> _Made:
        """An instrument of its own, which shows in the registry when there is one."""

    @property
    def label_names(self) -> list[str]:
        return [label.name for label in self.labels]

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: object, owner: type) -> _Made: ...
    def __get__(self, holder: object | None, owner: type) -> "Self | _Made":
        if holder is None:
            return self
        raise AttributeError(f"{self.name} has no instrument in this {owner.__name__}")


class Counter(Metric[Counting]):
    kind = "counter"

    def make(self, registry: CollectorRegistry | None, exemplar: Exemplar) -> Counting:
        del exemplar
        counter = prometheus.Counter(self.name, self.text, self.label_names, registry=registry)
        return Counting(counter, Bounds(self.labels))


class FollowedCounter(Metric[Followed]):
    """Of what another counts already; it has no labels."""

    kind = "counter"

    def make(self, registry: CollectorRegistry | None, exemplar: Exemplar) -> Followed:
        del exemplar
        followed = Followed(self.name, self.text)
        if registry is not None:
            registry.register(followed)
        return followed


class Gauge(Metric[Level]):
    kind = "gauge"

    def make(self, registry: CollectorRegistry | None, exemplar: Exemplar) -> Level:
        del exemplar
        gauge = prometheus.Gauge(self.name, self.text, self.label_names, registry=registry)
        return Level(gauge, Bounds(self.labels))


class Histogram(Metric[Spread]):
    """`has_exemplars`: of work that belongs to one trace."""

    kind = "histogram"

    def __init__(
        self,
        name: str,
        text: str,
        *labels: Label,
        by: Processes,
        buckets: tuple[float, ...] = SECONDS,
        has_exemplars: bool = False,
    ) -> None:
        super().__init__(name, text, *labels, by=by)
        self.buckets = buckets
        self.has_exemplars = has_exemplars

    def make(self, registry: CollectorRegistry | None, exemplar: Exemplar) -> Spread:
        histogram = prometheus.Histogram(
            self.name, self.text, self.label_names, buckets=self.buckets, registry=registry
        )
        return Spread(histogram, Bounds(self.labels), exemplar if self.has_exemplars else _none)


def _none() -> None:
    """No trace is linked to."""

"""What the generator is told, and what it saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from benchmarks.latency import Latency
from benchmarks.requests import Form


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """`headers` are whole lines, `Name: value`."""

    port: int
    path: str
    form: Form
    headers: Sequence[str]
    images: str
    clients: int
    warm_up_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class LoadSeen:
    """`statuses` and `errors` count all requests of the run, warm-up and last answers too; the
    rest is of the measured window, where only answers 200 count as finished, and `taken` are those
    and the answers 202, which are worked on as well. `answered` and `promised` are the request ids
    of all answers 200 and 202."""

    seconds: float
    images_per_s: float
    finished: int
    taken: int
    latency: Latency | None
    statuses: Mapping[str, int]
    errors: Mapping[str, int]
    answered: Sequence[str]
    promised: Sequence[str]

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        latency = document.pop("latency")
        return cls(latency=Latency(**latency) if latency else None, **document)

    def without_ids(self) -> Self:
        """What is worth keeping once the promises are counted."""
        return replace(self, answered=(), promised=())

    @property
    def failures(self) -> int:
        """Requests that got neither a result nor the promise of one."""
        refused = sum(n for status, n in self.statuses.items() if status not in {"200", "202"})
        return refused + sum(self.errors.values())

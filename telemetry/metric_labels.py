"""Labels and what bounds each: no request, tenant or stranger can make a new series at will."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

OTHER: Final = "_OTHER"
"""What is counted under a label for everything beyond its bound, as OpenTelemetry calls it."""


@dataclass(frozen=True, slots=True)
class Label:
    """Bounded by `values`, which are all that there can be; or, where only our own code, files and
    brokers name them, by number: the `at_most` that come first, each by its name."""

    name: str
    values: frozenset[str] = frozenset()
    at_most: int = 0

    @property
    def bound(self) -> str:
        """For the page that lists them."""
        if self.values:
            return f"{len(self.values)} values"
        return f"first {self.at_most}"


class Bounds:
    """The bounds of one metric's labels; remembers which names came first."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._labels = labels
        self._seen: tuple[set[str], ...] = tuple(set() for _ in labels)

    def within(self, values: Sequence[str]) -> list[str]:
        """Raises ValueError for more or fewer values than there are labels."""
        return [
            value if _is_within(label, seen, value) else OTHER
            for label, seen, value in zip(self._labels, self._seen, values, strict=True)
        ]


def _is_within(label: Label, seen: set[str], value: str) -> bool:
    if label.values:
        return value in label.values
    if value not in seen and len(seen) < label.at_most:
        seen.add(value)
    return value in seen


def one_of(name: str, *values: str) -> Label:
    return Label(name, values=frozenset(values))


def ours(name: str, at_most: int) -> Label:
    return Label(name, at_most=at_most)


_STATUSES = tuple(str(status.value) for status in HTTPStatus)

METHOD: Final = one_of(
    "http_request_method",
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
)  # fmt: skip
ROUTE: Final = ours("http_route", 100)
STATUS: Final = one_of("http_response_status_code", *_STATUSES, "499")
"""499: the client went away before the answer."""
CLIENT_STATUS: Final = one_of("http_response_status_code", "", *_STATUSES)
ERROR_TYPE: Final = ours("error_type", 30)
"""Empty when it went well."""
TOPIC: Final = ours("messaging_destination_name", 60)
GROUP: Final = ours("messaging_consumer_group_name", 30)
OUTCOME: Final = ours("outcome", 20)
REASON: Final = ours("reason", 60)
DEPENDENCY: Final = ours("dependency", 20)
OPERATION: Final = ours("operation", 20)
MODEL: Final = ours("model", 20)
LANE: Final = one_of("lane", "interactive", "bulk")
DOOR: Final = one_of("door", "upload", "stream", "url", "inbox")
TIER: Final = one_of("tier", "free", "standard", "premium")
CONFIDENCE: Final = one_of("confidence", "0.0-0.3", "0.3-0.5", "0.5-0.7", "0.7-0.9", "0.9-1.0")

"""What is wrong with a change of a schema, and where."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from schemas.compatibility_directions import Direction

Side = TypeVar("Side")


class Rule(StrEnum):
    """The rules that a change can break; docs/contract.md says each in a sentence."""

    IDENTITY = "identity"
    REMOVED = "removed"
    REQUIRED = "required"
    TYPE = "type"
    VALUES = "values"
    CODES = "codes"
    DEFAULT = "default"
    BOUND = "bound"
    PATTERN = "pattern"
    FORMAT = "format"
    KEYWORD = "keyword"
    UNCOMPARABLE = "uncomparable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One forbidden difference between a released schema and the one of today."""

    rule: Rule
    direction: Direction
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text} ({self.rule}; {self.direction})"


@dataclass(frozen=True, slots=True)
class Place:
    """Where two schemas are compared, and for whose sake.

    All rules ask one question: is everything that `inner` allows allowed by `outer`? For a produced
    type the inner one is today's, for a consumed type the released one.
    """

    direction: Direction
    path: str = "$"

    def inside(self, step: str) -> "Place":
        return Place(self.direction, f"{self.path}{step}")

    def inner_and_outer(self, released: Side, today: Side) -> tuple[Side, Side]:
        return (today, released) if self.direction is Direction.PRODUCED else (released, today)

    def released_and_today(self, inner: Side, outer: Side) -> tuple[Side, Side]:
        """The way back; the exchange is its own inverse."""
        return self.inner_and_outer(inner, outer)

    def finding(self, rule: Rule, text: str) -> Finding:
        return Finding(rule, self.direction, self.path, text)

    def changed(self, rule: Rule, what: str, inner: Any, outer: Any) -> Finding:
        """A finding that tells both values."""
        was, now = self.released_and_today(inner, outer)
        return self.finding(rule, f"{what} was {was}, is {now}")

"""The rules for single values: is what `inner` allows of a value allowed by `outer`?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from schemas.compatibility_directions import Direction
from schemas.compatibility_findings import Finding, Place, Rule
from schemas.compatibility_shapes import Shape


@dataclass(frozen=True, slots=True)
class _Limit:
    """One end of a range, in all ways to say it; `sign` turns it so that larger is tighter."""

    keywords: tuple[str, ...]
    sign: int
    absent: float = float("-inf")

    def tightness(self, shape: Shape) -> tuple[float, bool]:
        """Of equal limits the exclusive one is tighter."""
        said = [
            (self.sign * shape[keyword], keyword.startswith("exclusive"))
            for keyword in self.keywords
            if keyword in shape
        ]
        return max(said, default=(self.absent, False))


_LIMITS: Final = (
    _Limit(("minimum", "exclusiveMinimum"), 1),
    _Limit(("maximum", "exclusiveMaximum"), -1),
    *(_Limit((f"min{of}",), 1, absent=0) for of in ("Length", "Items", "Properties")),
    *(_Limit((f"max{of}",), -1) for of in ("Length", "Items", "Properties")),
)
VALUE_KEYWORDS: Final = frozenset(
    {"type", "enum", "const", "pattern", "format", "multipleOf", "uniqueItems"}
    | {keyword for limit in _LIMITS for keyword in limit.keywords}
)


def fits_type(inner: Shape, outer: Shape) -> bool:
    """Whether every document of the inner type is of the outer one."""
    kinds = (inner.get("type"), outer.get("type"))
    return kinds[1] is None or kinds[0] == kinds[1] or kinds == ("integer", "number")


def value_findings(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    for rule in (_values, _codes, _default, _bounds, _multiples, _unique, _texts):
        yield from rule(inner, outer, place)


def _values(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    narrow, wide = _listed(inner), _listed(outer)
    if wide is not None and (narrow is None or narrow - wide):
        shown = [sorted(values) if values is not None else "any value" for values in (narrow, wide)]
        yield place.changed(Rule.VALUES, "the list of values", *shown)


def _listed(shape: Shape) -> set[str] | None:
    if "const" in shape:
        return {json.dumps(shape["const"], sort_keys=True)}
    if "enum" in shape:
        return {json.dumps(value, sort_keys=True) for value in shape["enum"]}
    return None


def _codes(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    """An open list of codes is written as `examples`: it may grow, and never loses one."""
    released, today = place.released_and_today(inner, outer)
    known = [*today.get("examples", ()), *today.get("enum", ())]
    lost = [code for code in released.get("examples", ()) if code not in known]
    if lost:
        yield place.finding(Rule.CODES, f"no longer a code: {', '.join(map(str, lost))}")


def _default(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    """A default is what a writer meant who left the property out."""
    if place.direction is not Direction.CONSUMED or "default" not in inner:
        return
    if "default" not in outer or not _says_the_same(inner["default"], outer["default"]):
        before, now = _shown(inner, "default"), _shown(outer, "default")
        yield place.changed(Rule.DEFAULT, "default", before, now)


def _says_the_same(before: Any, now: Any) -> bool:
    """A default object may get entries for properties that are new."""
    if isinstance(before, dict) and isinstance(now, dict):
        return all(name in now and _says_the_same(before[name], now[name]) for name in before)
    return json.dumps(before) == json.dumps(now)


def _bounds(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    for limit in _LIMITS:
        if limit.tightness(inner) < limit.tightness(outer):
            yield _bound(inner, outer, place, limit.keywords)


def _multiples(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    step = outer.get("multipleOf")
    if step is None or (step == 1 and inner.get("type") == "integer"):
        return
    own = inner.get("multipleOf")
    if own is None or Fraction(str(own)) % Fraction(str(step)):
        yield _bound(inner, outer, place, ("multipleOf",))


def _unique(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    if outer.get("uniqueItems", False) and not inner.get("uniqueItems", False):
        yield _bound(inner, outer, place, ("uniqueItems",))


def _texts(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    """Whether one pattern lies within another is not decided here: only an equal one will do."""
    for keyword, rule in (("pattern", Rule.PATTERN), ("format", Rule.FORMAT)):
        if keyword in outer and inner.get(keyword) != outer[keyword]:
            yield place.changed(rule, keyword, _shown(inner, keyword), _shown(outer, keyword))


def _bound(inner: Shape, outer: Shape, place: Place, keywords: tuple[str, ...]) -> Finding:
    said = [keyword for keyword in keywords if keyword in inner or keyword in outer]
    told = [", ".join(_shown(shape, keyword) for keyword in said) for shape in (inner, outer)]
    return place.changed(Rule.BOUND, " and ".join(said), *told)


def _shown(shape: Shape, keyword: str) -> Any:
    return json.dumps(shape[keyword]) if keyword in shape else "absent"

"""Compare a released schema with the one of today by the rules for its direction."""

from collections.abc import Iterator
from typing import Final

from schemas.compatibility_directions import Direction
from schemas.compatibility_findings import Finding, Place, Rule
from schemas.compatibility_shapes import (
    ANNOTATIONS,
    Shape,
    UncomparableError,
    alternatives,
    expanded,
)
from schemas.compatibility_values import VALUE_KEYWORDS, fits_type, value_findings

_COMPARED: Final = (
    ANNOTATIONS | VALUE_KEYWORDS | {"properties", "required", "additionalProperties", "items"}
)


def findings(released: Shape, today: Shape, direction: Direction) -> list[Finding]:
    """What a party that knows only the released schema could not live with; empty is compatible.

    Sound, not complete: a change that no rule understands is refused.
    """
    place = Place(direction)
    try:
        sides = place.inner_and_outer(expanded(released), expanded(today))
        found = [*_identity(released, today, place), *_contained(*sides, place)]
    except UncomparableError as error:
        found = [place.finding(Rule.UNCOMPARABLE, str(error))]
    return list(dict.fromkeys(found))


def _identity(released: Shape, today: Shape, place: Place) -> Iterator[Finding]:
    for keyword in ("$id", "$schema"):
        was, now = released.get(keyword), today.get(keyword)
        if was != now:
            yield place.finding(Rule.IDENTITY, f"{keyword} was {was}, is {now}")


def _contained(inner: Shape | bool, outer: Shape | bool, place: Place) -> Iterator[Finding]:
    """Each shape of the inner schema has to fit into one of the outer; the nearest one is told."""
    if inner is True and outer is True:
        return
    narrow, wide = alternatives(inner), alternatives(outer)
    for shape in narrow:
        candidates = [candidate for candidate in wide if fits_type(shape, candidate)]
        if candidates:
            tried = [list(_shape_findings(shape, candidate, place)) for candidate in candidates]
            yield from min(tried, key=len)
        else:
            yield place.changed(Rule.TYPE, "type", _kinds(narrow), _kinds(wide))


def _kinds(shapes: list[Shape]) -> str:
    return " or ".join(str(shape.get("type", "anything")) for shape in shapes) or "nothing"


def _shape_findings(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    yield from value_findings(inner, outer, place)
    yield from _required(inner, outer, place)
    yield from _properties(inner, outer, place)
    yield from _contained(inner.get("items", True), outer.get("items", True), place.inside("[]"))
    for keyword in sorted((inner.keys() | outer.keys()) - _COMPARED):
        if inner.get(keyword) != outer.get(keyword):
            yield place.finding(Rule.KEYWORD, f"{keyword} changed, and no rule compares it")


def _required(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    released, today = place.released_and_today(inner, outer)
    before, now = set(released.get("required", ())), set(today.get("required", ()))
    known, kept = released.get("properties", {}).keys(), today.get("properties", {}).keys()
    dropped, added = before - now - (known - kept), now - before
    if place.direction is Direction.PRODUCED:
        for name in sorted(dropped):
            yield place.inside(f".{name}").finding(Rule.REQUIRED, "was required, is optional")
        added -= known
    for name in sorted(
        added
    ):  # new ones of a produced type, too: the log is full of records without
        yield place.inside(f".{name}").finding(Rule.REQUIRED, "is required, and was not before")


def _properties(inner: Shape, outer: Shape, place: Place) -> Iterator[Finding]:
    released, today = place.released_and_today(inner, outer)
    before, now = released.get("properties", {}), today.get("properties", {})
    others = released.get("additionalProperties", True), today.get("additionalProperties", True)
    for name in sorted(before.keys() - now.keys()):
        yield place.inside(f".{name}").finding(Rule.REMOVED, "is no longer there")
    for name in sorted(now):
        was = before.get(name, others[0])
        # An unknown name is ours to give: nobody may have written it before.
        if name in before or was is not True:
            sides = place.inner_and_outer(was, now[name])
            yield from _contained(*sides, place.inside(f".{name}"))
    yield from _contained(*place.inner_and_outer(*others), place.inside(".*"))

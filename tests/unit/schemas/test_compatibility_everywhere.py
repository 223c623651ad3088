"""At no place of any released schema can a word of the contract be dropped, or one be added."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.compatibility_directions import Direction
from schemas.compatibility_findings import Finding, Rule
from schemas.compatibility_rules import findings
from schemas.compatibility_shapes import ANNOTATIONS
from schemas.releases import Json, Releases
from tests.support.schema_changes import Edit, drop, put

RELEASED = [
    pytest.param(schema, id=f"{name}-{number}")
    for name in Releases().names()
    for number, schema in Releases().schemas(name).items()
]
EACH = pytest.mark.parametrize("released", RELEASED)

Steps = tuple[str | int, ...]


def parts(node: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Json]]:
    """Every schema inside of a schema, itself included, and the way to it."""
    yield steps, node
    for holder in ("properties", "$defs"):
        for name, part in node.get(holder, {}).items():
            yield from parts(part, (*steps, holder, name))
    for number, part in enumerate(node.get("anyOf", ())):
        yield from parts(part, (*steps, "anyOf", number))
    if "items" in node:
        yield from parts(node["items"], (*steps, "items"))


def changed(root: Json, steps: Steps, edit: Edit) -> Json:
    copied = copy.deepcopy(root)
    node: Any = copied
    for step in steps:
        node = node[step]
    edit(node)
    return copied


def rules(found: list[Finding]) -> set[Rule]:
    return {finding.rule for finding in found}


@EACH
def test_a_release_is_compatible_with_itself(released: Json) -> None:
    for direction in Direction:
        assert findings(released, copy.deepcopy(released), direction) == []


@EACH
def test_readers_rely_on_every_keyword(released: Json) -> None:
    places = [
        (steps, keyword) for steps, part in parts(released) for keyword in part.keys() - ANNOTATIONS
    ]
    assert places
    for steps, keyword in places:
        today = changed(released, steps, drop(keyword))
        assert findings(released, today, Direction.PRODUCED), (steps, keyword)


@EACH
def test_writers_rely_on_the_absence_of_every_other_restriction(released: Json) -> None:
    for steps, _ in parts(released):
        today = changed(released, steps, put(const="only this"))
        assert Rule.VALUES in rules(findings(released, today, Direction.CONSUMED)), steps


@EACH
@pytest.mark.parametrize("direction", Direction)
def test_every_property_stays_and_no_new_one_is_required(
    released: Json, direction: Direction
) -> None:
    for steps, part in parts(released):
        for name in part.get("properties", {}):
            today = changed(released, (*steps, "properties"), drop(name))
            assert Rule.REMOVED in rules(findings(released, today, direction)), (steps, name)
        if "properties" in part:
            today = changed(released, steps, add_required)
            assert Rule.REQUIRED in rules(findings(released, today, direction)), steps


@EACH
@pytest.mark.parametrize("direction", Direction)
def test_every_object_may_get_an_optional_property(released: Json, direction: Direction) -> None:
    for steps, part in parts(released):
        if "properties" in part:
            today = changed(released, (*steps, "properties"), put(later={"type": "null"}))
            assert findings(released, today, direction) == [], steps


def add_required(part: Json) -> None:
    part["properties"]["later"] = {"type": "string"}
    part["required"] = [*part.get("required", ()), "later"]

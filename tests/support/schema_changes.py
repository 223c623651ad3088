"""Changes of schemas: what is done, where, and which rule has to refuse it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from schemas.compatibility_findings import Rule
from schemas.releases import Json, Releases

Edit = Callable[[Json], None]

SPECIMEN: Final[Json] = {
    "$id": "urn:imageanalyzer:specimen:v1",
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "closed": {"type": "string", "enum": ["red", "green"]},
        "constant": {"const": "v1", "type": "string"},
        "above": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
        "even": {"type": "integer", "multipleOf": 2},
        "set": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        "counts": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 0},
            "minProperties": 1,
            "maxProperties": 3,
        },
        "sealed": {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "additionalProperties": False,
        },
        "anything": {},
        "text_or_number": {"type": ["string", "number"]},
        "encoded": {"type": "string", "contentEncoding": "base64"},
    },
    "required": ["closed", "constant", "above", "even", "set", "counts"],
}
"""Every keyword that has a rule and is in no published schema."""


@dataclass(frozen=True, slots=True)
class Change:
    """`at` is where, as names joined by `/`; `is_seen` whether some document tells old from new."""

    name: str
    schema: str
    at: str
    edit: Edit
    rule: Rule | None = None
    is_seen: bool = True

    def released(self) -> Json:
        """The first release of the schema."""
        return SPECIMEN if self.schema == "specimen" else Releases().schemas(self.schema)[1]

    def today(self) -> Json:
        """The same after the change."""
        changed = copy.deepcopy(self.released())
        node: Any = changed
        for step in self.at.split("/") if self.at else ():
            node = node[int(step) if isinstance(node, list) else step]
        before = copy.deepcopy(node)
        self.edit(node)
        assert node != before, f"{self.name}: changes nothing"
        return changed

    def __str__(self) -> str:
        return self.name


def put(**keywords: Any) -> Edit:
    return lambda node: node.update(keywords)


def drop(*keywords: str) -> Edit:
    def edit(node: Json) -> None:
        for keyword in keywords:
            del node[keyword]

    return edit


def become(**keywords: Any) -> Edit:
    """Something else altogether."""

    def edit(node: Json) -> None:
        node.clear()
        node.update(keywords)

    return edit


def remove(name: str) -> Edit:
    """A property goes, and is not required any more."""

    def edit(node: Json) -> None:
        del node["properties"][name]
        if name in node.get("required", ()):
            node["required"].remove(name)

    return edit


def add(name: str, *, required: bool = False, **schema: Any) -> Edit:
    def edit(node: Json) -> None:
        node["properties"][name] = schema
        if required:
            node.setdefault("required", []).append(name)

    return edit


def require(name: str) -> Edit:
    return lambda node: node.setdefault("required", []).append(name)


def do_not_require(name: str) -> Edit:
    return lambda node: node["required"].remove(name)


def with_null(node: Json) -> None:
    """The same, or null."""
    node.update({"anyOf": [dict(node), {"type": "null"}]})
    for keyword in node.keys() - {"anyOf"}:
        del node[keyword]

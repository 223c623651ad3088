"""The committed AsyncAPI document, for tests."""

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

from jsonschema import Draft7Validator

from tests.support.schema_checks import faults
from topics.asyncapi_published import published_text

DOCUMENT: dict[str, Any] = json.loads(published_text())


def a_copy() -> dict[str, Any]:
    """To spoil."""
    return copy.deepcopy(DOCUMENT)


def at(reference: str) -> Any:
    """What a `#/…` reference leads to. Raises KeyError when it leads nowhere."""
    node = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def nodes(node: Any = DOCUMENT) -> Iterator[dict[str, Any]]:
    """Every object in the document, itself included."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if _is_list(node) else ():
        yield from nodes(inner)


def faults_by(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value by a schema of the document, whose references it may use."""
    rooted = {"allOf": [schema], "components": DOCUMENT["components"]}
    return faults(rooted, value, dialect=cast("Any", Draft7Validator))


def message_of(topic: str) -> dict[str, Any]:
    (reference,) = DOCUMENT["channels"][topic]["messages"].values()
    found: dict[str, Any] = at(reference["$ref"])
    return found


def header_names(schema: dict[str, Any]) -> set[str]:
    """The headers that a schema of headers knows, through its references."""
    if "$ref" in schema:
        return header_names(at(schema["$ref"]))
    parts = (header_names(part) for part in schema.get("allOf", ()))
    return set(schema.get("properties", {})).union(*parts)


def required_headers(schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return required_headers(at(schema["$ref"]))
    parts = (required_headers(part) for part in schema.get("allOf", ()))
    return set(schema.get("required", ())).union(*parts)


def _is_list(node: Any) -> bool:
    return isinstance(node, list)

"""References of the AsyncAPI document, followed and joined."""

from typing import Any

Json = dict[str, Any]


def resolved(document: Json, node: Json) -> Json:
    """What a node and everything that it refers to or joins says together."""
    if "$ref" in node:
        return resolved(document, _at(document, node["$ref"]))
    merged: Json = {}
    for part in node.get("allOf", ()):
        merged = _joined(merged, resolved(document, part))
    return _joined(merged, {key: value for key, value in node.items() if key != "allOf"})


def _joined(first: Json, second: Json) -> Json:
    """The second wins, field by field; what either requires is required."""
    merged = {**first, **second}
    if "required" in first and "required" in second:
        merged["required"] = [*first["required"], *second["required"]]
    fields = dict(first.get("properties", {}))
    for name, part in second.get("properties", {}).items():
        fields[name] = {**fields.get(name, {}), **part}
    return {**merged, "properties": fields} if fields else merged


def _at(document: Json, reference: str) -> Json:
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    found: Json = node
    return found

"""JSON Schemas taken apart: no references, no unions, one plain shape at a time."""

from typing import Any, Final

Shape = dict[str, Any]
"""A schema object without `$ref` and `anyOf` and with at most one `type`."""

WORDS: Final = frozenset({"title", "description", "$comment"})
ANNOTATIONS: Final = WORDS | {"$schema", "$id", "$defs", "default", "examples", "deprecated"}
_NAMED_SCHEMAS: Final = frozenset({"properties", "$defs"})


class UncomparableError(Exception):
    """The schema is written in a way that no rule is made for; it must be refused."""


def expanded(root: Shape) -> Shape:
    """The schema with every reference replaced by what it refers to.

    Raises UncomparableError for a reference that leaves the document, or runs in a circle.
    """
    whole: Shape = _expanded({**root, "$defs": {}}, root, ())
    return whole


def alternatives(schema: Shape | bool) -> list[Shape]:
    """The plain shapes of which a document must have one; none for the schema `false`."""
    if isinstance(schema, bool):
        return [{}] if schema else []
    if "anyOf" in schema:
        rest = {keyword: value for keyword, value in schema.items() if keyword != "anyOf"}
        parts = (shape for part in schema["anyOf"] for shape in alternatives(part))
        return [shape for part in parts for shape in alternatives(_joined(rest, part))]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]


def without_words(node: Any, *, of_names: bool = False) -> Any:
    """The schema without titles and descriptions: two that are equal so mean the same."""
    if isinstance(node, list):
        return [without_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: without_words(value, of_names=name in _NAMED_SCHEMAS and not of_names)
        for name, value in node.items()
        if of_names or name not in WORDS
    }


def _expanded(node: Any, root: Shape, trail: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_expanded(item, root, trail) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if not isinstance(reference, str):  # a property may have this name
        return {name: _expanded(value, root, trail) for name, value in node.items()}
    if reference in trail:
        raise UncomparableError(f"{reference} contains itself")
    target = _expanded(_target(reference, root), root, (*trail, reference))
    beside = {name: value for name, value in node.items() if name != "$ref"}
    return _joined(_expanded(beside, root, trail), target)


def _target(reference: str, root: Shape) -> Shape:
    head, _, name = reference.rpartition("/")
    if head != "#/$defs" or name not in root.get("$defs", {}):
        raise UncomparableError(f"{reference} is not in $defs of the same document")
    target: Shape = root["$defs"][name]
    return target


def _joined(whole: Shape, part: Shape) -> Shape:
    """Both at once. What they say of the same keyword must agree, annotations excepted."""
    for keyword in (whole.keys() & part.keys()) - ANNOTATIONS:
        if whole[keyword] != part[keyword]:
            raise UncomparableError(f"{keyword} is said twice")
    return {**part, **whole}

"""References and unions are taken apart, and words do not count."""

import pytest

from schemas.compatibility_shapes import (
    UncomparableError,
    alternatives,
    expanded,
    without_words,
)


def test_references_are_written_out_with_what_stands_beside_them() -> None:
    schema = {
        "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/B"}}, "B": {"minimum": 1}},
        "properties": {"a": {"$ref": "#/$defs/A", "default": [], "maxItems": 3}},
    }
    assert expanded(schema)["properties"] == {
        "a": {"type": "array", "items": {"minimum": 1}, "default": [], "maxItems": 3}
    }


def test_annotations_beside_a_reference_go_before_those_behind_it() -> None:
    schema = {"$defs": {"A": {"default": 1, "examples": [1]}}, "$ref": "#/$defs/A", "default": 2}
    assert expanded(schema)["default"] == 2
    assert expanded(schema)["examples"] == [1]


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "urn:other"}, r"urn:other is not in \$defs"),
        ({"$ref": "#/$defs/A"}, r"#/\$defs/A is not in \$defs"),
        ({"$ref": "#/properties/a", "properties": {"a": {}}}, r"is not in \$defs"),
        ({"$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}, "$ref": "#/$defs/A"}, "itself"),
        ({"$defs": {"A": {"minimum": 1}}, "$ref": "#/$defs/A", "minimum": 2}, "minimum is said"),
    ],
)
def test_what_cannot_be_written_out_is_said(schema: dict[str, object], why: str) -> None:
    with pytest.raises(UncomparableError, match=why):
        expanded(schema)


def test_a_property_may_be_called_as_a_keyword() -> None:
    schema = {"properties": {"$ref": {"type": "string"}, "title": {"title": "Title"}}}
    assert expanded(schema)["properties"] == schema["properties"]
    assert without_words(schema) == {"properties": {"$ref": {"type": "string"}, "title": {}}}
    named = {"properties": {"properties": {"title": "Properties", "type": "null"}}}
    assert without_words(named) == {"properties": {"properties": {"type": "null"}}}


def test_a_union_is_the_list_of_its_shapes() -> None:
    inner = {"anyOf": [{"type": "string"}, {"type": ["null", "boolean"]}]}
    assert alternatives({"anyOf": [inner, {"type": "integer"}, False], "default": 1}) == [
        {"type": "string", "default": 1},
        {"type": "null", "default": 1},
        {"type": "boolean", "default": 1},
        {"type": "integer", "default": 1},
    ]
    assert alternatives(True) == [{}]
    assert alternatives(False) == []


def test_a_union_that_contradicts_what_stands_beside_it_is_said() -> None:
    with pytest.raises(UncomparableError, match="type is said twice"):
        alternatives({"type": "string", "anyOf": [{"type": "null"}]})

"""Documents that a JSON Schema allows, for Hypothesis; with a liking for its limits.

Knows the keywords of the published schemas and of the specimen. Names that a schema does not know
begin with `x_`.
"""

from typing import Any

from hypothesis import strategies as st

from tests.support.schema_values import SCALARS, Values, integers, numbers, texts

Json = dict[str, Any]

_NAMES = st.from_regex(r"x_[a-z]{1,8}", fullmatch=True)


def documents(schema: Json, root: Json | None = None) -> Values:
    """`root` is the document in which the references of a part of it are looked up."""
    root = root or schema
    if "$ref" in schema:
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        return documents({**root["$defs"][schema["$ref"].rpartition("/")[2]], **beside}, root)
    if "anyOf" in schema:
        return st.one_of(*(documents(part, root) for part in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kinds = schema.get("type", "anything")
    if isinstance(kinds, list):
        return st.one_of(*(documents({**schema, "type": kind}, root) for kind in kinds))
    return _of_kind(kinds, schema, root)


def _of_kind(kind: str, schema: Json, root: Json) -> Values:
    if kind == "object":
        return _objects(schema, root)
    if kind == "array":
        return _arrays(schema, root)
    makers = {"string": texts, "integer": integers, "number": numbers}
    if kind in makers:
        return makers[kind](schema)
    return {"boolean": st.booleans(), "null": st.none(), "anything": SCALARS}[kind]


def _objects(schema: Json, root: Json) -> Values:
    fields = {name: documents(part, root) for name, part in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    known = st.fixed_dictionaries(
        {name: part for name, part in fields.items() if name in required},
        optional={name: part for name, part in fields.items() if name not in required},
    )
    others = schema.get("additionalProperties", True)
    if others is False:
        return known
    values = SCALARS if others is True else documents(others, root)
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", 2)
    unknown = st.dictionaries(_NAMES, values, min_size=least, max_size=most)
    return st.builds(lambda one, other: other | one, known, unknown)


def _arrays(schema: Json, root: Json) -> Values:
    items = documents(schema.get("items", {}), root)
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    few = least + 3 if most is None else min(most, least + 3)
    if schema.get("uniqueItems"):
        return st.lists(items, min_size=least, max_size=few, unique_by=repr)
    short = st.lists(items, min_size=least, max_size=few)
    return short if most is None else short | items.map(lambda item: [item] * most)

"""The bodies: the committed JSON Schemas, as schemas of the AsyncAPI document.

Those are JSON Schema draft 07, ours are 2020-12 and use nothing that draft 07 does not know.
"""

from typing import Any, Final

from schemas.json_schemas import JsonSchema, load
from topics.asyncapi_fields import FIELDS

_OF_THE_FILE: Final = frozenset({"$schema", "$id", "$defs", "title", "properties"})


def payload_schema(name: str) -> JsonSchema:
    """The body of `image-analyzed`, say, with a sentence for each field, for its place in
    `components.schemas`. Raises LookupError for a field that has no sentence."""
    found = load(name)
    definitions = found.get("$defs", {})
    schema = _at(name, found) | {"x-json-schema": found["$id"]}
    if definitions:
        schema["definitions"] = {key: _at(name, part) for key, part in definitions.items()}
    return schema


def field_sentence(model: str, field: str) -> str:
    for name in (f"{model}.{field}", field):
        if name in FIELDS:
            return FIELDS[name]
    raise LookupError(f"{model}.{field}: no sentence in topics/asyncapi_fields.py")


def _at(name: str, node: JsonSchema) -> JsonSchema:
    """A node with references that lead into the payload schema called `name`."""
    kept = {key: _led(name, value) for key, value in node.items() if key not in _OF_THE_FILE}
    if isinstance(kept.get("description"), str):
        kept["description"] = kept["description"].replace("\n", " ").replace("  ", "\n\n")
    if "properties" not in node:
        return kept
    model, required = node["title"], node.get("required", [])
    fields = sorted(node["properties"], key=lambda field: _rank(field, required))
    described = {field: _field(name, model, field, node["properties"][field]) for field in fields}
    return {"title": model, **kept, "properties": described}


def _field(name: str, model: str, field: str, node: JsonSchema) -> JsonSchema:
    """In draft 07 a reference stands alone, so a sentence wraps it."""
    schema = _at(name, node)
    sentence = {"description": field_sentence(model, field)}
    if "$ref" not in schema:
        return schema | sentence
    reference = {"$ref": schema.pop("$ref")}
    return {"allOf": [reference], **schema, **sentence}


def _led(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _at(name, value)
    if isinstance(value, list):
        return [_led(name, item) for item in value]
    if isinstance(value, str):
        return value.replace("#/$defs/", f"#/components/schemas/{name}/definitions/")
    return value


def _rank(field: str, required: list[str]) -> tuple[int, str]:
    """In the order of the model, which the schema keeps of required fields only."""
    return (required.index(field), "") if field in required else (len(required), field)

"""The type of a field and what else its values must be, in words."""

from typing import Any, Final

from ingest_api.contract_references import Json, resolved

_RANGES: Final = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " entries"),
)
_NAMES: Final = {"true": True, "false": False, "null": None}


def kind_of(document: Json, schema: Json) -> str:
    """Of a resolved schema."""
    if "anyOf" in schema:
        kinds = (kind_of(document, resolved(document, choice)) for choice in schema["anyOf"])
        return " or ".join(dict.fromkeys(kinds))
    if "const" in schema:
        return f"“{schema['const']}”"
    if "enum" in schema:
        return " or ".join(f"“{value}”" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind_of(document, resolved(document, schema['items']))}s"
    return str(schema.get("format") or schema.get("type", "anything"))


def limits_of(schema: Json) -> str:
    """Of the value, or of the choice that has some; empty when anything of that type will do."""
    if "const" in schema:
        return ""
    limits = [_range(schema, *names) for names in _RANGES]
    limits += [f"matches {schema['pattern']}"] if "pattern" in schema else []
    limits += [limits_of(choice) for choice in schema.get("anyOf", ())]
    limits += [_default(schema["default"])] if "default" in schema else []
    limits += [f"known: {', '.join(schema['examples'])}"] if "examples" in schema else []
    return "; ".join(text for text in limits if text)


def _range(schema: Json, least: str, most: str, unit: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low is not None:
        return "not empty" if unit and low == 1 else f"{low} or more{unit}"
    return "" if high is None else f"at most {high}{unit}"


def _default(value: Any) -> str:
    """None for an object: its fields have their own."""
    if isinstance(value, dict):
        return ""
    named = [name for name, constant in _NAMES.items() if value is constant]
    return f"default {named[0] if named else value}"

"""A plain JSON Schema validator that checks formats, and knows nothing but its schema."""

import re
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_FORMATS = FormatChecker(formats=["uuid"])


@_FORMATS.checks("date-time", raises=ValueError)
def _is_rfc3339(value: object) -> bool:
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return _RFC3339.fullmatch(value) is not None


def faults(
    schema: dict[str, Any], document: Any, *, dialect: type[Validator] = Draft202012Validator
) -> list[str]:
    """What is wrong with the document by that schema, one line each."""
    validator = dialect(schema, format_checker=_FORMATS)
    return sorted(
        f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(document)
    )

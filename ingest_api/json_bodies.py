"""A small JSON body to the model that it should be."""

from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.requests import Request

from ingest_api.bodies import read_json_bytes
from ingest_api.errors import BODY_MALFORMED, OPTION_INVALID, OPTION_UNKNOWN, RefusedError
from ingest_api.settings import ApiSettings
from ingest_api.strict_json import StrictJsonError, loads_strictly
from schemas.contract import Contract, canonical_json

_Model = TypeVar("_Model", bound=Contract)


async def read_model(request: Request, model: type[_Model], settings: ApiSettings) -> _Model:
    """A number is no text and a text no number, as the schema says. Raises RefusedError that names
    the field; what was sent is not repeated."""
    values = to_object(await read_json_bytes(request, settings))
    try:
        return model.model_validate_json(canonical_json(values), strict=True)
    except ValidationError as error:
        raise _refused(error, model) from None


def to_object(body: bytes) -> dict[str, Any]:
    """Raises RefusedError."""
    try:
        value = loads_strictly(body)
    except StrictJsonError as error:
        raise RefusedError(refusal=BODY_MALFORMED, detail=str(error)) from None
    if not isinstance(value, dict):
        raise RefusedError(refusal=BODY_MALFORMED, detail="not a JSON object")
    return value


def _refused(error: ValidationError, model: type[Contract]) -> RefusedError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = "".join(char if char.isprintable() else "?" for char in str(first["loc"][0])[:100])
    if first["type"] == "extra_forbidden":
        known = ", ".join(sorted(model.model_fields))
        return RefusedError(refusal=OPTION_UNKNOWN, field=name, allowed=known)
    return RefusedError(refusal=OPTION_INVALID, field=name, detail=first["msg"][:200])

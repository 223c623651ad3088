"""What the OpenAPI document says of bodies that bring pictures, and of the headers with them."""

from copy import deepcopy
from typing import Any, Final, get_args

from ingest_api import examples as shown
from ingest_api.settings import ApiSettings
from schemas.events import Lane
from schemas.labels import COCO_LABELS
from schemas.options import AnalysisOptions

_PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`wait=N` seconds to wait for the result, or `respond-async`",
    "schema": {"type": "string"},
    "example": "wait=20",
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your name for the request, kept for a day: sent again with the same picture "
    "and options it is the same request (`Idempotency-Replayed: true`)",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "order-4711-front",
}
_DEADLINE: Final = "deadline_s"
_PICTURE: Final = {"type": "string", "format": "binary"}
_ADDRESS: Final = {
    "type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://", "maxLength": 2048,
}  # fmt: skip
_MOST_LABEL_PARTS: Final = 8
"""A form has 20 parts at most, and each option may be one of them."""


def _options() -> dict[str, Any]:
    """As JSON has them."""
    properties: dict[str, Any] = AnalysisOptions.model_json_schema()["properties"]
    labels, nothing = properties["labels"]["anyOf"]
    named = {**labels, "items": {"type": "string", "enum": list(COCO_LABELS)}}
    deadline = {
        "type": "integer",
        "minimum": 1,
        "description": "Seconds after which the result is of no use",
    }
    lane = {
        "type": "string",
        "enum": list(get_args(Lane)),
        "default": "interactive",
        "description": "`bulk` work waits for the interactive",
    }
    properties["labels"] = {**properties["labels"], "anyOf": [named, nothing]}
    properties["callback_url"] |= {"anyOf": [_ADDRESS, nothing]}
    return {**properties, _DEADLINE: deadline, "lane": lane}


def _parts() -> dict[str, Any]:
    """As a form has them: a part is there or not, and never null."""
    found = {}
    for name, schema in _options().items():
        choices = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        only = choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}
        found[name] = {key: value for key, value in (rest | only).items() if value is not None}
    found["labels"] |= {
        "maxItems": _MOST_LABEL_PARTS,
        "description": "A part for each name; or one part with all of them, and commas between",
    }
    return found


def _body(media_type: str, properties: dict[str, Any], required: str, example: object) -> Any:
    schema = {
        "type": "object",
        "required": [required],
        "additionalProperties": False,
        "properties": properties,
    }
    content = {media_type: {"schema": schema, "example": example}}
    return {
        "parameters": [_PREFER, _IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": content},
    }


_UPLOAD: Final = _body(
    "multipart/form-data", {"image": _PICTURE, **_parts()}, "image", shown.UPLOAD
)
_URL: Final = _body(
    "application/json", {"image_url": _ADDRESS, **_options()}, "image_url", shown.URL
)


def upload_body(settings: ApiSettings) -> dict[str, Any]:
    return _limited(_UPLOAD, settings)


def url_body(settings: ApiSettings) -> dict[str, Any]:
    return _limited(_URL, settings)


def _limited(body: dict[str, Any], settings: ApiSettings) -> dict[str, Any]:
    own = deepcopy(body)
    [content] = own["requestBody"]["content"].values()
    content["schema"]["properties"][_DEADLINE] |= {
        "maximum": settings.deadline_max_s, "default": settings.deadline_default_s,
    }  # fmt: skip
    return own

"""What the OpenAPI document says of single routes: bodies, answers and problems, with examples.

What is true of a route because of its policy is added by `openapi_document`.
"""

from typing import Any, Final

from ingest_api import errors
from ingest_api import examples as shown
from ingest_api.errors import Refusal, RefusedError
from ingest_api.openapi_headers import Headers, refer
from ingest_api.problems import MEDIA_TYPE, to_problem
from schemas.http import Accepted, Alive, AnalysisView, DeliveryList, Readiness
from schemas.result import AnalysisResult

Described = dict[int | str, dict[str, Any]]

_WORK: Final = (
    errors.PREFERENCE_INVALID,
    errors.OPTION_INVALID,
    errors.OPTION_UNKNOWN,
    errors.IDEMPOTENCY_KEY_INVALID,
    errors.IDEMPOTENCY_KEY_REUSED,
    errors.OVERLOADED,
    errors.WEBHOOKS_OFF,
    errors.URL_INVALID,
    *errors.FAILED_REFUSALS,
)
UPLOAD_PROBLEMS: Final = (
    *_WORK,
    errors.BODY_TOO_LARGE,
    errors.IMAGE_EMPTY,
    errors.IMAGE_MISSING,
    errors.IMAGE_TRUNCATED,
    errors.OPTION_REPEATED,
)
URL_PROBLEMS: Final = _WORK
CANCEL_PROBLEMS: Final = (errors.ALREADY_FINISHED,)
STREAM_PROBLEMS: Final = (errors.STREAMS_EXHAUSTED,)
_OF_REPEATS: Final = refer(Idempotency_Replayed="Replayed")


def problems(*refusals: Refusal) -> Described:
    """One response a status, one example a code."""
    described: Described = {}
    for refusal in refusals:
        entry = described.setdefault(
            refusal.status,
            {
                "description": "RFC 9457 problem",
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        if refusal in errors.FAILED_REFUSALS:
            entry["headers"] = _OF_REPEATS
        example = to_problem(RefusedError(refusal=refusal), trace_id=shown.TRACE_ID)
        value = example.model_dump(mode="json", exclude_none=True)
        entry["content"][MEDIA_TYPE]["examples"][refusal.code] = {"value": value}
    return described


def answered(
    description: str, model: type[Any], example: object, headers: Headers | None = None
) -> dict[str, Any]:
    content = {"application/json": {"example": example}}
    return {
        "description": description, "model": model, "content": content, "headers": headers or {},
    }  # fmt: skip


def _streamed(description: str, example: str, events: tuple[str, ...]) -> Described:
    """The schema is that of one event, as the OpenAPI tools have it."""
    schema = {
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": {"type": "string", "enum": list(events)},
            "data": {"type": "string", "contentMediaType": "application/json"},
            "id": {"type": "string"},
            "retry": {"type": "integer"},
        },
    }
    content = {"text/event-stream": {"schema": schema, "example": example}}
    headers = refer(Cache_Control="CacheControl", X_Accel_Buffering="Unbuffered")
    return {200: {"description": description, "content": content, "headers": headers}}


_OF_WORK: Final = refer(Preference_Applied="PreferenceApplied") | _OF_REPEATS
_LOCATED: Final = refer(Location="Location")
ANALYZED: Final[Described] = {
    200: answered("The result, within the wait", AnalysisResult, shown.RESULT, _OF_WORK),
    202: answered(
        "Accepted: one outcome will follow", Accepted, shown.ACCEPTED, _OF_WORK | _LOCATED
    ),
}
CANCELLING: Final[Described] = {
    202: answered("Asked for: the outcome says whether in time", Accepted, shown.ACCEPTED, _LOCATED)
}
VIEWED: Final[Described] = {200: answered("As it stands now", AnalysisView, shown.VIEW)}
DELIVERIES: Final[Described] = {
    200: answered("Empty without a callback or an outcome", DeliveryList, shown.DELIVERIES)
}
ALIVE: Final[Described] = {200: answered("Alive", Alive, {"status": "alive"})}
READY: Final[Described] = {
    200: answered("Requests are accepted", Readiness, shown.READY),
    503: answered("Nothing can be accepted", Readiness, shown.UNAVAILABLE),
}
OPENAPI: Final[Described] = {
    200: {
        "description": "OpenAPI 3.1 document",
        "content": {"application/json": {"example": shown.OPENAPI}},
    }
}
_KEPT: Final = refer(Cache_Control="CacheControl")
PAGE: Final[Described] = {
    200: {"description": "A page", "content": {"text/html": {"example": "<!doctype html>"}}}
}
SCRIPT: Final[Described] = {
    200: {
        "description": "Swagger UI",
        "content": {"text/javascript": {"example": "…"}},
        "headers": _KEPT,
    }
}
STYLE: Final[Described] = {
    200: {
        "description": "Its looks",
        "content": {"text/css": {"example": "…"}},
        "headers": _KEPT,
    }
}
METRICS: Final[Described] = {
    200: {"description": "Prometheus text", "content": {"text/plain": {}}},
    **problems(errors.NOT_FOUND),
}
ASYNCAPI: Final[Described] = {
    200: {
        "description": "AsyncAPI 3.1 document",
        "content": {"application/json": {"example": shown.ASYNCAPI}},
    }
}
ASYNCAPI_PAGE: Final[Described] = {
    200: {
        "description": "A page without scripts",
        "content": {"text/html": {"example": "<!doctype html>"}},
    }
}
_OUTCOMES: Final = ("image-analyzed", "analysis-failed")
_ENDS: Final = ("slow-client", "server-draining", "credential-revoked")
ANALYSIS_STREAM: Final = _streamed(
    "`state`, then `image-analyzed` or `analysis-failed`, then the end",
    shown.ANALYSIS_STREAM,
    ("state", *_OUTCOMES, *_ENDS),
)
TENANT_STREAM: Final = _streamed(
    "`connected`, then every outcome; `gap` when results may be missing; `slow-client`, "
    "`server-draining` or `credential-revoked` before the server ends the stream",
    shown.TENANT_STREAM,
    ("connected", "gap", *_OUTCOMES, *_ENDS),
)

SECURED: Final[dict[str, Any]] = {"security": [{"bearer": []}, {"api_key": []}]}
_LAST_EVENT_ID: Final = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The `id:` received last: the stream goes on behind it",
    "schema": {"type": "string"},
}
RESUMABLE: Final[dict[str, Any]] = {**SECURED, "parameters": [_LAST_EVENT_ID]}

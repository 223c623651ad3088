"""What the OpenAPI document says: bodies, answers and problems of every route, with examples."""

from typing import Any, Final, get_args

from fastapi import FastAPI

from ingest_api import errors
from ingest_api import examples as shown
from ingest_api.errors import Refusal, RefusedError
from ingest_api.problems import MEDIA_TYPE, to_problem
from schemas.events import Lane
from schemas.http import Accepted, Alive, AnalysisView, Problem, Readiness
from schemas.options import AnalysisOptions
from schemas.result import AnalysisResult

Described = dict[int | str, dict[str, Any]]

ALWAYS: Final = (
    errors.HOST_INVALID,
    errors.UNAUTHENTICATED,
    errors.FORBIDDEN,
    errors.RATE_LIMITED,
    errors.TOO_MANY_AT_ONCE,
    errors.TARGET_TOO_LONG,
    errors.HOST_UNKNOWN,
    errors.HEADERS_TOO_LARGE,
    errors.UNEXPECTED,
    errors.DEPENDENCY_UNAVAILABLE,
)
_WORK: Final = (
    *ALWAYS,
    errors.BODY_MALFORMED,
    errors.PREFERENCE_INVALID,
    errors.BODY_TIMEOUT,
    errors.CONTENT_TYPE_WRONG,
    errors.OPTION_INVALID,
    errors.OPTION_UNKNOWN,
    errors.IDEMPOTENCY_KEY_INVALID,
    errors.IDEMPOTENCY_KEY_REUSED,
    errors.OVERLOADED,
    *errors.FAILED_REFUSALS,
)
UPLOAD_PROBLEMS: Final = (
    *_WORK,
    errors.UPLOAD_TOO_LARGE,
    errors.IMAGE_EMPTY,
    errors.IMAGE_MISSING,
    errors.IMAGE_TRUNCATED,
    errors.OPTION_REPEATED,
)
URL_PROBLEMS: Final = (*_WORK, errors.BODY_TOO_LARGE, errors.URL_INVALID)
PUBLIC_PROBLEMS: Final = (errors.RATE_LIMITED,)
READ_PROBLEMS: Final = (*ALWAYS, errors.NOT_FOUND)
CANCEL_PROBLEMS: Final = (*READ_PROBLEMS, errors.ALREADY_FINISHED)
STREAM_PROBLEMS: Final = (*READ_PROBLEMS, errors.STREAMS_EXHAUSTED)


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
        example = to_problem(RefusedError(refusal=refusal), trace_id=shown.TRACE_ID)
        value = example.model_dump(mode="json", exclude_none=True)
        entry["content"][MEDIA_TYPE]["examples"][refusal.code] = {"value": value}
    return described


def answered(description: str, model: type[Any], example: object) -> dict[str, Any]:
    content = {"application/json": {"example": example}}
    return {"description": description, "model": model, "content": content}


def _streamed(description: str, example: str) -> Described:
    content = {"text/event-stream": {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": description, "content": content}}


ANALYZED: Final[Described] = {
    200: answered("The result, within the wait", AnalysisResult, shown.RESULT),
    202: answered("Accepted: one outcome will follow", Accepted, shown.ACCEPTED),
}
CANCELLING: Final[Described] = {
    202: answered("Asked for: the outcome says whether in time", Accepted, shown.ACCEPTED)
}
VIEWED: Final[Described] = {200: answered("As it stands now", AnalysisView, shown.VIEW)}
ALIVE: Final[Described] = {200: answered("Alive", Alive, {"status": "alive"})}
READY: Final[Described] = {
    200: answered("Requests are accepted", Readiness, shown.READY),
    503: answered("Nothing can be accepted", Readiness, shown.UNAVAILABLE),
}
METRICS: Final[Described] = {200: {"description": "Prometheus text", "content": {"text/plain": {}}}}
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
ANALYSIS_STREAM: Final = _streamed(
    "`state`, then `image-analyzed` or `analysis-failed`, then the end", shown.ANALYSIS_STREAM
)
TENANT_STREAM: Final = _streamed(
    "`connected`, then every outcome; `gap` when results may be missing; `slow-client`, "
    "`server-draining` or `credential-revoked` before the server ends the stream",
    shown.TENANT_STREAM,
)

SECURED: Final[dict[str, Any]] = {"security": [{"bearer": []}, {"api_key": []}]}
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
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "order-4711-front",
}
_LAST_EVENT_ID: Final = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The `id:` received last: the stream goes on behind it",
    "schema": {"type": "string"},
}
RESUMABLE: Final[dict[str, Any]] = {**SECURED, "parameters": [_LAST_EVENT_ID]}


def _options_schema() -> dict[str, Any]:
    properties: dict[str, Any] = AnalysisOptions.model_json_schema()["properties"]
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
    return {**properties, "deadline_s": deadline, "lane": lane}


def _body(media_type: str, first: dict[str, Any], example: object) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": list(first),
        "additionalProperties": False,
        "properties": {**first, **_options_schema()},
    }
    content = {media_type: {"schema": schema, "example": example}}
    return {
        **SECURED,
        "parameters": [_PREFER, _IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": content},
    }


UPLOAD_BODY: Final = _body(
    "multipart/form-data", {"image": {"type": "string", "format": "binary"}}, shown.UPLOAD
)
URL_BODY: Final = _body(
    "application/json", {"image_url": {"type": "string", "format": "uri"}}, shown.URL
)


class DescribedApi(FastAPI):
    """A FastAPI whose document has our problems and credentials in it, made when first asked."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
        return self.openapi_schema


def _completed(made: dict[str, Any]) -> dict[str, Any]:
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in made["paths"].values():
        for operation in path.values():
            _drop_the_frameworks_own(operation["responses"])
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    return made


def _drop_the_frameworks_own(responses: dict[str, Any]) -> None:
    """It describes a 422 of its own for every path with a parameter; none is ever sent."""
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]

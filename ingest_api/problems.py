"""Refusals as application/problem+json (RFC 9457)."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from ingest_api.errors import (
    BODY_TIMEOUT,
    METHOD_NOT_ALLOWED,
    UNAUTHENTICATED,
    RefusedError,
    refusal_of_status,
    unavailable,
)
from ingest_api.scope import header_of, trace_of
from schemas.http import Problem
from storage.errors import StorageError, StoreUnavailableError

MEDIA_TYPE = "application/problem+json"
_NAMESPACE = "urn:ai-image-analyzer:problem:"


def to_problem(error: RefusedError, *, trace_id: str) -> Problem:
    return Problem(
        type=_NAMESPACE + error.refusal.code,
        title=error.refusal.title,
        status=error.refusal.status,
        code=error.refusal.code,
        trace_id=trace_id,
        detail=error.detail,
        field=error.field,
        limit=error.limit,
        allowed=error.allowed,
        request_id=error.request_id,
        retryable=error.retryable,
    )


def problem_response(
    scope: Scope, error: RefusedError, headers: Mapping[str, str] | None = None
) -> Response:
    """A body that is late or of unknown length is not waited for: the connection closes."""
    problem = to_problem(error, trace_id=trace_of(scope).trace_id)
    added = dict(headers or {})
    if error.retry_after_s is not None:
        added["Retry-After"] = str(error.retry_after_s)
    if error.is_replayed:
        added["Idempotency-Replayed"] = "true"
    if error.refusal is UNAUTHENTICATED:
        added["WWW-Authenticate"] = "Bearer"
    if error.refusal is BODY_TIMEOUT or header_of(scope, b"transfer-encoding") is not None:
        added["Connection"] = "close"
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=error.refusal.status,
        media_type=MEDIA_TYPE,
        headers=added,
    )


async def on_refused(request: Request, error: Exception) -> Response:
    """For RefusedError."""
    if not isinstance(error, RefusedError):
        raise error
    return problem_response(request.scope, error)


async def on_storage_error(request: Request, error: Exception) -> Response:
    """A store failed where no handler had its own answer: 503, come back."""
    if not isinstance(error, StorageError):
        raise error
    name = error.dependency if isinstance(error, StoreUnavailableError) else "storage"
    return problem_response(request.scope, unavailable(name))


async def on_http_exception(request: Request, error: Exception) -> Response:
    """The framework's own refusals: no such path, no such method."""
    status = getattr(error, "status_code", 400)
    refused = RefusedError(refusal=refusal_of_status(status))
    headers = dict(getattr(error, "headers", None) or {})
    if refused.refusal is METHOD_NOT_ALLOWED:
        refused.allowed = headers["Allow"] = ", ".join(_methods_of(request))
    return problem_response(request.scope, refused, headers)


def _methods_of(request: Request) -> list[str]:
    """Of the path: the framework names those of its first route alone."""
    found = [
        route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE
    ]
    return sorted({method for route in found for method in getattr(route, "methods", ())})


async def on_validation_error(request: Request, error: Exception) -> Response:
    """No route leaves its input to the framework; should one do so, it is answered like this."""
    return problem_response(request.scope, RefusedError(refusal=refusal_of_status(400)))

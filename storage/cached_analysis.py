"""A terminal analysis as the cache keeps it: JSON that says whose it is."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from schemas.events import Lane
from storage.ports import Analysis, Completed, Failed, Pending, Request


@dataclass(frozen=True, slots=True)
class _Cached:
    request: Request
    outcome: Completed | Failed
    lane: Lane = "interactive"
    cancel_requested_at: datetime | None = None
    replay_of: UUID | None = None
    replayed_as: UUID | None = None
    replay_number: int = 0


_DOCUMENT = TypeAdapter(_Cached)


def to_cached(analysis: Analysis) -> bytes | None:
    """None for an analysis without an outcome: it changes too soon to be worth keeping. Where it
    is to be told is left out: nobody asks the cache for it, and it may hold a credential."""
    if isinstance(analysis.outcome, Pending):
        return None
    return _DOCUMENT.dump_json(_Cached(**_fields(analysis) | {"request": _plain(analysis.request)}))


def from_cached(value: bytes, tenant_id: str, request_id: UUID) -> Analysis | None:
    """None for anything but a whole analysis of exactly that tenant and request."""
    try:
        found = _DOCUMENT.validate_json(value)
    except ValidationError:
        return None
    request, outcome = found.request, found.outcome
    if (request.tenant_id, request.request_id) != (tenant_id, request_id):
        return None
    if isinstance(outcome, Completed) and outcome.result.request_id != request_id:
        return None
    return Analysis(**_fields(found))


def _plain(request: Request) -> Request:
    options = request.options.model_copy(update={"callback_url": None})
    return request.model_copy(update={"options": options})


def _fields(of: Analysis | _Cached) -> dict[str, Any]:
    return {field.name: getattr(of, field.name) for field in fields(Analysis)}

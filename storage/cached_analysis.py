"""A terminal analysis as the cache keeps it: JSON that says whose it is."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from storage.ports import Analysis, Completed, Failed, Pending, Request


@dataclass(frozen=True, slots=True)
class _Cached:
    request: Request
    outcome: Completed | Failed


_DOCUMENT = TypeAdapter(_Cached)


def to_cached(analysis: Analysis) -> bytes | None:
    """None for an analysis without an outcome: it changes too soon to be worth keeping."""
    if isinstance(analysis.outcome, Pending):
        return None
    return _DOCUMENT.dump_json(_Cached(analysis.request, analysis.outcome))


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
    return Analysis(request, outcome)

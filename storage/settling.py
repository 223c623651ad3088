"""Which outcome stands when several are told of one request: a result beats a failure."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from schemas.events import AnalysisFailed, ImageAnalyzed, ImageRequested
from storage.ports import Completed, Failed, Outcome, Pending, Request
from storage.postgres_text import storable

Fact = ImageAnalyzed | AnalysisFailed


def one_fact_each(facts: Iterable[Fact]) -> list[Fact]:
    """One fact for each request, ordered by its key: the first result, else the first failure of
    the latest acceptance (an earlier one was of a refused request with the same id)."""
    standing: dict[str, Fact] = {}
    for fact in facts:
        earlier = standing.get(fact.key)
        if earlier is None or _beats(fact, earlier):
            standing[fact.key] = fact
    return [standing[key] for key in sorted(standing)]


def settled(outcome: Outcome, fact: Fact, at: datetime) -> Outcome:
    """What a request with this outcome has once the fact is told, at that moment."""
    told = to_outcome(fact, at)
    if isinstance(outcome, Pending):
        return told
    return told if isinstance(outcome, Failed) and isinstance(told, Completed) else outcome


def kept_as(request: Request, outcome: Outcome) -> Request:
    """Without the query of its address, once that gave its picture: often it is a signature. What
    failed may be asked for again, and stays whole."""
    if isinstance(request, ImageRequested) and isinstance(outcome, Completed):
        return request.model_copy(update={"image_url": request.image_url.partition("?")[0]})
    return request


def to_outcome(fact: Fact, at: datetime) -> Completed | Failed:
    if isinstance(fact, ImageAnalyzed):
        return Completed(at, fact.result)
    return Failed(at, fact.code, storable(fact.message), fact.retryable, fact.attempts)


def to_fact(
    tenant_id: str, request_id: UUID, accepted_at: datetime, outcome: Completed | Failed
) -> Fact:
    """The event that told this outcome."""
    if isinstance(outcome, Completed):
        return ImageAnalyzed(
            request_id=request_id, tenant_id=tenant_id, accepted_at=accepted_at,
            result=outcome.result,
        )  # fmt: skip
    return AnalysisFailed(
        request_id=request_id, tenant_id=tenant_id, accepted_at=accepted_at, code=outcome.code,
        message=outcome.message, retryable=outcome.retryable, attempts=outcome.attempts,
    )  # fmt: skip


def _beats(fact: Fact, earlier: Fact) -> bool:
    if isinstance(earlier, ImageAnalyzed):
        return False
    return isinstance(fact, ImageAnalyzed) or fact.accepted_at > earlier.accepted_at

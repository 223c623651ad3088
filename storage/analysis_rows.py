"""Between rows of `analyses` and what the ports speak of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from schemas.events import ImageRequested, ImageSubmitted, Lane
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from schemas.result import AnalysisResult
from storage.ports import (
    Analysis,
    Cancellation,
    Completed,
    Failed,
    IdempotencyKey,
    Outcome,
    Pending,
    Request,
    Unannounced,
)
from storage.postgres_text import storable, storable_json
from storage.settling import Fact, to_outcome


class RequestRow(NamedTuple):
    """The columns that both `find_analysis` and `find_unannounced` begin with, in that order."""

    tenant_id: str
    request_id: UUID
    kind: str
    accepted_at: datetime
    deadline_at: datetime
    image_url: str
    object_key: str
    sha256: str
    size_bytes: int
    content_type: str
    options: str


class OutcomeRow(NamedTuple):
    """The columns of `find_analysis` that follow."""

    finished_at: datetime | None
    result: str | None
    failure_code: str
    failure_message: str
    failure_retryable: bool
    failure_attempts: int


class StoryRow(NamedTuple):
    """And those behind them."""

    lane: Lane
    cancel_requested_at: datetime | None
    replay_of: UUID | None
    replayed_as: UUID | None
    replay_number: int


_REQUEST = slice(0, len(RequestRow._fields))
_OUTCOME = slice(_REQUEST.stop, _REQUEST.stop + len(OutcomeRow._fields))
_STORY = slice(_OUTCOME.stop, None)


def to_analysis(row: Sequence[Any]) -> Analysis:
    story = StoryRow(*row[_STORY])
    return Analysis(
        to_request(row[_REQUEST]),
        to_outcome_of(OutcomeRow(*row[_OUTCOME])),
        lane=story.lane,
        cancel_requested_at=story.cancel_requested_at,
        replay_of=story.replay_of,
        replayed_as=story.replayed_as,
        replay_number=story.replay_number,
    )


def to_unannounced(row: Sequence[Any]) -> Unannounced:
    lane, traceparent = row[_REQUEST.stop :]
    return Unannounced(to_request(row[_REQUEST]), lane, traceparent)


def to_request(columns: Sequence[Any]) -> Request:
    row = RequestRow(*columns)
    options = AnalysisOptions.read(row.options.encode())
    if row.kind == "url":
        return ImageRequested(
            request_id=row.request_id,
            tenant_id=row.tenant_id,
            accepted_at=row.accepted_at,
            deadline_at=row.deadline_at,
            image_url=row.image_url,
            options=options,
        )
    return ImageSubmitted(
        request_id=row.request_id,
        tenant_id=row.tenant_id,
        accepted_at=row.accepted_at,
        deadline_at=row.deadline_at,
        object_key=row.object_key,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        content_type=row.content_type,
        options=options,
    )


def to_outcome_of(row: OutcomeRow) -> Outcome:
    if row.finished_at is None:
        return Pending()
    finished_at = row.finished_at.astimezone(UTC)
    if row.result is not None:
        return Completed(finished_at, AnalysisResult.read(row.result.encode()))
    return Failed(
        finished_at,
        FailureCode(row.failure_code),
        row.failure_message,
        row.failure_retryable,
        row.failure_attempts,
    )


def acceptance(request: Request, lane: Lane, traceparent: str | None) -> dict[str, object]:
    """The parameters of `accept_analysis`."""
    url = request if isinstance(request, ImageRequested) else None
    upload = request if isinstance(request, ImageSubmitted) else None
    return {
        "tenant_id": request.tenant_id,
        "request_id": request.request_id,
        "kind": "upload" if upload else "url",
        "lane": lane,
        "accepted_at": request.accepted_at,
        "deadline_at": request.deadline_at,
        "image_url": storable(url.image_url) if url else None,
        "object_key": storable(upload.object_key) if upload else None,
        "sha256": upload.sha256 if upload else None,
        "size_bytes": upload.size_bytes if upload else None,
        "content_type": upload.content_type if upload else None,
        "options": request.options.to_json().decode(),
        "traceparent": traceparent,
    }


def keyed(acceptance: dict[str, object], idempotency: IdempotencyKey) -> dict[str, object]:
    """The parameters of `accept_keyed_analysis`."""
    return acceptance | {
        "key": idempotency.key,
        "fingerprint": idempotency.fingerprint,
        "expires_at": idempotency.expires_at,
    }


def identities(requests: Sequence[Request | Fact | Cancellation]) -> dict[str, object]:
    """Two arrays that name the rows."""
    return {
        "tenant_ids": [each.tenant_id for each in requests],
        "request_ids": [each.request_id for each in requests],
    }


def outcomes(facts: Sequence[Fact], traceparents: Mapping[str, str]) -> dict[str, object]:
    """The parameters of `record_outcomes`: one array for each column, one place for each fact."""
    columns = [_outcome_columns(to_outcome(fact, fact.accepted_at)) for fact in facts]
    known = identities(facts) | {
        "accepted_ats": [fact.accepted_at for fact in facts],
        "traceparents": [traceparents.get(fact.key) for fact in facts],
    }
    return known | {
        name: [each[place] for each in columns] for place, name in enumerate(_OUTCOME_ARRAYS)
    }


_OUTCOME_ARRAYS = (
    "states",
    "results",
    "failure_codes",
    "failure_messages",
    "failure_retryables",
    "failure_attempts",
)


def _outcome_columns(outcome: Completed | Failed) -> tuple[object, ...]:
    if isinstance(outcome, Completed):
        return ("completed", storable_json(outcome.result.to_json()), None, None, None, None)
    code = outcome.code.value
    return (outcome.state, None, code, outcome.message, outcome.retryable, outcome.attempts)

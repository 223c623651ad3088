"""Between rows of `webhook_deliveries` and what the port speaks of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from storage.analysis_rows import OutcomeRow, to_outcome_of
from storage.deliveries import (
    Attempt,
    Claim,
    Delivery,
    DeliveryQuery,
    Receiver,
    Room,
    TenantSecrets,
    Verdict,
)
from storage.ports import Pending
from storage.postgres_text import storable

_ABOUT = slice(0, 9)
_SECRETS = slice(9, 11)
_ACCEPTED_AT = 11
_OUTCOME = slice(12, None)
_STEPS: Final = 100
"""How many of a tenant's receivers a look steps to, from each of two places."""


def room_of(room: Room, lease: timedelta) -> dict[str, object]:
    """The parameters of `claim_deliveries`."""
    busy: list[tuple[Receiver, int]] = list(room.busy.items())
    return {
        "total": room.total,
        "per_tenant": room.per_tenant,
        "per_receiver": room.per_receiver,
        "tenant_ids": [tenant_id for (tenant_id, _), _ in busy],
        "receivers": [receiver for (_, receiver), _ in busy],
        "in_work": [count for _, count in busy],
        "lease": lease,
        "steps": _STEPS,
    }


def to_claim(row: Sequence[Any]) -> Claim:
    tenant_id, request_id, event, url, receiver, number, tries, waited, trace = row[_ABOUT]
    outcome = to_outcome_of(OutcomeRow(*row[_OUTCOME]))
    return Claim(
        tenant_id=tenant_id,
        request_id=request_id,
        event=event,
        url=url,
        receiver=receiver,
        number=number,
        tries=tries,
        waited=waited,
        traceparent=trace,
        secrets=TenantSecrets(*row[_SECRETS]),
        accepted_at=_in_utc(row[_ACCEPTED_AT]),
        outcome=None if isinstance(outcome, Pending) else outcome,
    )


def hand_back_of(row: Sequence[Any]) -> dict[str, object]:
    """The parameters of `hand_back_delivery`, for what `claim_deliveries` gave."""
    tenant_id, request_id, _, _, _, number, tries, *_ = row
    return {"tenant_id": tenant_id, "request_id": request_id, "number": number, "tries": tries}


def finish_of(claim: Claim, attempt: Attempt, verdict: Verdict) -> dict[str, object]:
    """The parameters of `finish_delivery`."""
    return {
        "tenant_id": claim.tenant_id,
        "request_id": claim.request_id,
        "number": attempt.number,
        "event": attempt.event,
        "state": verdict.state,
        "again_in": verdict.again_in,
        "at": attempt.at,
        "took_ms": attempt.took_ms,
        "status": attempt.status,
        "error": None if attempt.error is None else storable(attempt.error),
    }


def query_of(query: DeliveryQuery) -> dict[str, object]:
    """The parameters of `list_deliveries`."""
    return {
        "tenant_id": query.tenant_id,
        "request_id": query.request_id,
        "state": query.state,
        "receiver": query.receiver,
        "since": query.since,
        "limit": query.limit,
    }


def to_delivery(row: Sequence[Any], attempts: Sequence[Attempt] = ()) -> Delivery:
    tenant_id, request_id, event, url, receiver, state, created_at, due_at, finished_at, number = (
        row
    )
    return Delivery(
        tenant_id=tenant_id,
        request_id=request_id,
        event=event,
        url=url,
        receiver=receiver,
        state=state,
        created_at=created_at.astimezone(UTC),
        due_at=due_at.astimezone(UTC),
        finished_at=_in_utc(finished_at),
        number=number,
        attempts=tuple(attempts),
    )


def to_attempt(row: Sequence[Any]) -> Attempt:
    number, event, at, took_ms, status, error = row
    return Attempt(
        number=number, event=event, at=at.astimezone(UTC), took_ms=took_ms, status=status,
        error=error,
    )  # fmt: skip


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)

"""Webhook deliveries in memory: the twin of those in PostgreSQL, for tests."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from storage.analyses_memory import MemoryAnalysisStore
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
from storage.deliveries_waiting import Waiting
from storage.ports import Completed, Failed

_Key = tuple[str, UUID]


class MemoryDeliveryStore:
    """A DeliveryStore over what a MemoryAnalysisStore has recorded. `secrets` are those of tenants
    that differ from a new one's."""

    def __init__(
        self,
        analyses: MemoryAnalysisStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._analyses = analyses
        self._rows = analyses.deliveries
        self._now = now
        self.secrets: dict[str, TenantSecrets] = {}

    async def claim(self, room: Room, *, lease: timedelta) -> list[Claim]:
        now = self._now()
        claims = []
        for key in self._chosen(room, now):
            row = self._rows[key]
            self._rows[key] = replace(row, number=row.number + 1, due_at=now + lease)
            claims.append(await self._claim(key, now))
        return claims

    async def finish(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        key, now = (claim.tenant_id, claim.request_id), self._now()
        row = self._rows.get(key)
        if row is None or row.state != "pending":
            return False
        if (row.number, row.event) != (attempt.number, attempt.event):
            return False
        self._rows[key] = replace(
            row, state=verdict.state, due_at=now + (verdict.again_in or timedelta()),
            finished_at=None if verdict.state == "pending" else now,
            attempts=(*(one for one in row.attempts if one.number != attempt.number), attempt),
        )  # fmt: skip
        return True

    async def find(self, tenant_id: str, request_id: UUID) -> Delivery | None:
        row = self._rows.get((tenant_id, request_id))
        return None if row is None else _shown((tenant_id, request_id), row, row.attempts)

    async def list(self, query: DeliveryQuery) -> Sequence[Delivery]:
        found = [_shown(key, row) for key, row in self._rows.items() if _fits(query, key, row)]
        found.sort(key=lambda one: (one.created_at, one.tenant_id, one.request_id))
        return found[-query.limit :]

    async def retry(self, tenant_id: str, request_id: UUID) -> bool:
        row = self._rows.get((tenant_id, request_id))
        if row is None or row.state == "delivered":
            return False
        self._rows[tenant_id, request_id] = row.again(self._now())
        return True

    async def oldest_due(self) -> timedelta:
        waiting = [row.due for row in self._rows.values() if row.state == "pending"]
        return max(self._now() - min(waiting), timedelta()) if waiting else timedelta()

    async def forget(self, before: datetime, limit: int) -> int:
        old = [
            key
            for key, row in self._rows.items()
            if row.finished_at is not None and row.finished_at < before
        ]
        for key in old[:limit]:
            del self._rows[key]
        return len(old[:limit])

    def _chosen(self, room: Room, now: datetime) -> Sequence[_Key]:
        """The same choice as the statement's, one row after the other."""
        in_work: Counter[Receiver] = Counter(room.busy)
        of_tenant: Counter[str] = Counter()
        for (tenant_id, _), count in room.busy.items():
            of_tenant[tenant_id] += count
        placed = []
        for key, row in self._due(now):
            in_work[key[0], row.receiver] += 1
            if in_work[key[0], row.receiver] <= room.per_receiver:
                of_tenant[key[0]] += 1
                placed.append((of_tenant[key[0]], row.due, key))
        return [key for place, _, key in sorted(placed) if place <= room.per_tenant][: room.total]

    def _due(self, now: datetime) -> Sequence[tuple[_Key, Waiting]]:
        due = [
            (key, row)
            for key, row in self._rows.items()
            if row.state == "pending" and row.due <= now
        ]
        return sorted(due, key=lambda one: one[1].due)

    async def _claim(self, key: _Key, now: datetime) -> Claim:
        row, known = self._rows[key], await self._analyses.find(*key)
        outcome = None if known is None else known.outcome
        return Claim(
            tenant_id=key[0],
            request_id=key[1],
            event=row.event,
            url=row.url,
            receiver=row.receiver,
            number=row.number,
            tries=row.number - row.number_before,
            waited=now - row.begun,
            secrets=self.secrets.get(key[0], TenantSecrets()),
            accepted_at=None if known is None else known.request.accepted_at,
            outcome=outcome if isinstance(outcome, Completed | Failed) else None,
            traceparent=row.traceparent,
        )


def _fits(query: DeliveryQuery, key: _Key, row: Waiting) -> bool:
    return (
        query.tenant_id in {None, key[0]}
        and query.request_id in {None, key[1]}
        and query.state in {None, row.state}
        and query.receiver in {None, row.receiver}
        and (query.since is None or row.created_at >= query.since)
    )


def _shown(key: _Key, row: Waiting, attempts: tuple[Attempt, ...] = ()) -> Delivery:
    return Delivery(
        tenant_id=key[0],
        request_id=key[1],
        event=row.event,
        url=row.url,
        receiver=row.receiver,
        state=row.state,
        created_at=row.created_at,
        due_at=row.due,
        finished_at=row.finished_at,
        number=row.number,
        attempts=attempts,
    )

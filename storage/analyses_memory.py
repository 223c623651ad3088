"""The record in a dictionary: the twin of the store in PostgreSQL, for tests."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from schemas.events import AnalysisFailed, Lane
from schemas.pictures import owner_of
from storage.deliveries_waiting import EVENTS, Waiting
from storage.errors import NotFoundError
from storage.ports import (
    NO_TRACES,
    Analysis,
    Backlog,
    Cancellation,
    IdempotencyKey,
    KeyUse,
    Pending,
    ReplayRefusedError,
    Request,
    Unannounced,
)
from storage.replays import refusal_of
from storage.settling import Fact, kept_as, one_fact_each, settled

_Key = tuple[str, UUID]


class MemoryAnalysisStore:
    """An AnalysisStore that forgets everything with the process and never is unavailable.
    `deliveries` is what the twin of the delivery store works."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self.deliveries: dict[_Key, Waiting] = {}
        self._analyses: dict[_Key, Analysis] = {}
        self._announced_at: dict[_Key, datetime] = {}
        self._cancel_announced_at: dict[_Key, datetime] = {}
        self._traceparents: dict[_Key, str | None] = {}
        self._keys: dict[tuple[str, str], tuple[datetime, KeyUse]] = {}
        self._is_sweeping = False

    async def accept(
        self,
        request: Request,
        *,
        lane: Lane = "interactive",
        idempotency: IdempotencyKey | None = None,
        traceparent: str | None = None,
    ) -> KeyUse | None:
        if idempotency is not None:
            standing = await self.find_key(request.tenant_id, idempotency.key)
            if standing is not None and standing.request_id != request.request_id:
                return standing
            use = KeyUse(request.request_id, idempotency.fingerprint)
            self._keys[request.tenant_id, idempotency.key] = (idempotency.expires_at, use)
        self._analyses.setdefault(_key(request), Analysis(request, Pending(), lane=lane))
        self._traceparents.setdefault(_key(request), traceparent)
        return None

    async def find_key(self, tenant_id: str, key: str) -> KeyUse | None:
        expires_at, use = self._keys.get((tenant_id, key), (datetime.min.replace(tzinfo=UTC), None))
        return use if expires_at > self._now() else None

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        return self._analyses.get((tenant_id, request_id))

    async def request_cancel(self, tenant_id: str, request_id: UUID, at: datetime) -> None:
        found = self._analyses.get((tenant_id, request_id))
        if found is None or not isinstance(found.outcome, Pending):
            return
        if found.cancel_requested_at is None:
            self._analyses[tenant_id, request_id] = replace(found, cancel_requested_at=at)

    async def accept_replay(
        self,
        tenant_id: str,
        request_id: UUID,
        *,
        as_id: UUID,
        at: datetime,
        deadline_at: datetime,
        traceparent: str | None = None,
    ) -> Unannounced:
        made = self._analyses.get((tenant_id, as_id))
        if made is not None:
            return Unannounced(made.request, made.lane)
        old = self._analyses.get((tenant_id, request_id))
        if old is None:
            raise NotFoundError(f"there is no request {tenant_id}/{request_id}")
        refusal = refusal_of(old)
        if refusal is not None:
            raise ReplayRefusedError(refusal)
        new = {"request_id": as_id, "accepted_at": at, "deadline_at": deadline_at}
        again = old.request.model_copy(update=new)
        number = old.replay_number + 1
        self._analyses[tenant_id, request_id] = replace(old, replayed_as=as_id)
        self._traceparents[tenant_id, as_id] = traceparent
        self._analyses[tenant_id, as_id] = Analysis(
            again, Pending(), lane=old.lane, replay_of=request_id, replay_number=number
        )
        return Unannounced(again, old.lane)

    async def record(
        self, facts: Sequence[Fact], traceparents: Mapping[str, str] = NO_TRACES
    ) -> None:
        for fact in one_fact_each(facts):
            found = self._analyses.get(_key(fact))
            if found is None or _is_of_an_earlier(fact, found.request):
                continue
            outcome = settled(found.outcome, fact, self._now())
            self._analyses[_key(fact)] = replace(
                found, request=kept_as(found.request, outcome), outcome=outcome
            )
            if outcome is not found.outcome:
                self._call_back(fact, found.request, traceparents.get(fact.key))

    def _call_back(self, fact: Fact, request: Request, traceparent: str | None) -> None:
        url, now = request.options.callback_url, self._now()
        if url is None:
            return
        event = EVENTS[type(fact)]
        known = self.deliveries.get(_key(fact))
        if known is None:
            known = Waiting(event, url, now, traceparent)
        else:
            known = known.anew(event, now, traceparent)
        self.deliveries[_key(fact)] = known

    async def count_unfinished(self, limit: int) -> int:
        return min(len(self._unfinished()), limit)

    async def backlogs(self, limit: int) -> list[Backlog]:
        """Every tenant of the twin is a standard one."""
        rows = sorted(self._unfinished(), key=lambda row: row.request.accepted_at)[:limit]
        moments: dict[Lane, list[datetime]] = {}
        for row in rows:
            moments.setdefault(row.lane, []).append(row.request.accepted_at)
        return [Backlog(lane, "standard", len(at), at[0]) for lane, at in moments.items()]

    async def find_unannounced(self, before: datetime, limit: int) -> list[Unannounced]:
        due = [
            Unannounced(row.request, row.lane, self._traceparents.get(_key(row.request)))
            for row in self._unfinished()
            if row.request.accepted_at < before
            and self._announced_at.get(_key(row.request), row.request.accepted_at) < before
        ]
        due.sort(key=lambda one: (one.request.accepted_at, *_key(one.request)))
        return due[:limit]

    async def mark_announced(self, requests: Sequence[Request], at: datetime) -> None:
        for request in requests:
            earlier = self._announced_at.get(_key(request), at)
            self._announced_at[_key(request)] = max(earlier, at)

    async def find_unannounced_cancels(
        self, before: datetime, never_before: datetime, limit: int
    ) -> list[Cancellation]:
        due = []
        for row in self._unfinished():
            asked_at = row.cancel_requested_at
            told_at = self._cancel_announced_at.get(_key(row.request))
            if asked_at is not None and (
                asked_at < never_before if told_at is None else told_at < before
            ):
                known = self._traceparents.get(_key(row.request))
                due.append(Cancellation(*_key(row.request), asked_at, known))
        due.sort(key=lambda one: (one.requested_at, one.tenant_id, one.request_id))
        return due[:limit]

    async def mark_cancels_announced(
        self, cancellations: Sequence[Cancellation], at: datetime
    ) -> None:
        self._cancel_announced_at.update({_key(each): at for each in cancellations})

    async def without_row(self, keys: Sequence[str]) -> list[str]:
        return [key for key in keys if (own := owner_of(key)) and own not in self._analyses]

    async def forget_expired_keys(self, at: datetime, limit: int) -> int:
        expired = [name for name, (expires_at, _) in self._keys.items() if expires_at <= at]
        for name in expired[:limit]:
            del self._keys[name]
        return len(expired[:limit])

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[bool]:
        if self._is_sweeping:
            yield False
            return
        self._is_sweeping = True
        try:
            yield True
        finally:
            self._is_sweeping = False

    async def check(self) -> None:
        """Always there."""

    async def aclose(self) -> None:
        """Keeps its rows: a twin may be closed and asked afterwards what it holds."""

    def _unfinished(self) -> list[Analysis]:
        return [row for row in self._analyses.values() if isinstance(row.outcome, Pending)]


def _is_of_an_earlier(fact: Fact, request: Request) -> bool:
    """A failure from before the acceptance is that of a refused request with the same id."""
    return isinstance(fact, AnalysisFailed) and fact.accepted_at < request.accepted_at


def _key(about: Request | Fact | Cancellation) -> _Key:
    return about.tenant_id, about.request_id

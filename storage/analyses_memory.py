"""The record in a dictionary: the twin of the store in PostgreSQL, for tests."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from storage.ports import Analysis, Pending, Request
from storage.settling import Fact, one_fact_each, settled


class MemoryAnalysisStore:
    """An AnalysisStore that forgets everything with the process and never is unavailable."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._analyses: dict[tuple[str, UUID], Analysis] = {}
        self._announced_at: dict[tuple[str, UUID], datetime] = {}
        self._is_sweeping = False

    async def accept(self, request: Request) -> None:
        self._analyses.setdefault(_key(request), Analysis(request, Pending()))

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        return self._analyses.get((tenant_id, request_id))

    async def record(self, facts: Sequence[Fact]) -> None:
        for fact in one_fact_each(facts):
            found = self._analyses.get(_key(fact))
            if found is not None:
                outcome = settled(found.outcome, fact, self._now())
                self._analyses[_key(fact)] = Analysis(found.request, outcome)

    async def count_unfinished(self, limit: int) -> int:
        return min(len(self._unfinished()), limit)

    async def find_unannounced(self, before: datetime, limit: int) -> list[Request]:
        due = [
            request
            for request in self._unfinished()
            if request.accepted_at < before
            and self._announced_at.get(_key(request), request.accepted_at) < before
        ]
        due.sort(key=lambda request: (request.accepted_at, *_key(request)))
        return due[:limit]

    async def mark_announced(self, requests: Sequence[Request], at: datetime) -> None:
        for request in requests:
            earlier = self._announced_at.get(_key(request), at)
            self._announced_at[_key(request)] = max(earlier, at)

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

    def _unfinished(self) -> list[Request]:
        rows = self._analyses.values()
        return [row.request for row in rows if isinstance(row.outcome, Pending)]


def _key(fact: Request | Fact) -> tuple[str, UUID]:
    return fact.tenant_id, fact.request_id

"""How much unfinished work is taken on before new work is refused."""

import asyncio
import time
from collections.abc import Callable

from ingest_api.errors import OVERLOADED, RefusedError
from storage.ports import AnalysisStore

_FRESH_S = 2.0


class UnfinishedCap:
    """Counts rows in the record every two seconds at most, and what this process adds meanwhile;
    so replicas together may exceed the limit by what they accept in two seconds."""

    def __init__(
        self, analyses: AnalysisStore, *, limit: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._analyses = analyses
        self._limit = limit
        self._now = now
        self._count = 0
        self._counted_at: float | None = None
        self._counting = asyncio.Lock()

    async def check(self) -> None:
        """Raises RefusedError when it is full, and StorageError."""
        if not self._is_fresh():
            async with self._counting:
                if not self._is_fresh():
                    self._count = await self._analyses.count_unfinished(self._limit)
                    self._counted_at = self._now()
        if self._count >= self._limit:
            raise RefusedError(
                refusal=OVERLOADED,
                detail="analyses that are accepted and not finished are at their limit",
                limit=self._limit,
                retry_after_s=5,
            )

    def note_accepted(self) -> None:
        self._count += 1

    def _is_fresh(self) -> bool:
        return self._counted_at is not None and self._now() - self._counted_at < _FRESH_S

"""How many requests are accepted and have no outcome, counted now and then."""

import asyncio
import time
from collections.abc import Callable

from storage.ports import AnalysisStore

_FRESH_S = 2.0


class UnfinishedCount:
    """Counts rows in the record every two seconds at most, and what this process adds meanwhile;
    so processes together may miss what they accept in two seconds. Counting stops at `limit`."""

    def __init__(
        self, analyses: AnalysisStore, *, limit: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._analyses = analyses
        self._limit = limit
        self._now = now
        self._count = 0
        self._counted_at: float | None = None
        self._counting = asyncio.Lock()

    async def current(self) -> int:
        """Raises StorageError."""
        if not self._is_fresh():
            async with self._counting:
                if not self._is_fresh():
                    self._count = await self._analyses.count_unfinished(self._limit)
                    self._counted_at = self._now()
        return self._count

    def note_accepted(self) -> None:
        self._count += 1

    def _is_fresh(self) -> bool:
        return self._counted_at is not None and self._now() - self._counted_at < _FRESH_S

"""How much unfinished work is taken on before new work is refused."""

import asyncio
import math
import time
from collections.abc import Callable

from ingest_api.errors import OVERLOADED, RefusedError
from ingest_api.throughput import Throughput
from storage.ports import AnalysisStore

_FRESH_S = 2.0
_OPENS_BELOW = 0.95
_UNKNOWN_S = 60
_LONGEST_S = 3600


class UnfinishedCap:
    """Counts rows in the record every two seconds at most, and what this process adds meanwhile;
    so replicas together may exceed the limit by what they accept in two seconds.

    Once full it stays closed until 5 % are worked off, and `Retry-After` is the time which that
    takes at the throughput of the last minute; a minute when nothing was finished in it.
    """

    def __init__(
        self,
        analyses: AnalysisStore,
        *,
        limit: int,
        throughput: Throughput,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._analyses = analyses
        self._limit = limit
        self._throughput = throughput
        self._now = now
        self._count = 0
        self._counted_at: float | None = None
        self._is_closed = False
        self._counting = asyncio.Lock()

    async def check(self) -> None:
        """Raises RefusedError when it is full, and StorageError."""
        if not self._is_fresh():
            async with self._counting:
                if not self._is_fresh():
                    self._count = await self._analyses.count_unfinished(self._limit)
                    self._counted_at = self._now()
        self._is_closed = self._count >= (self._opens_below if self._is_closed else self._limit)
        if self._is_closed:
            raise RefusedError(
                refusal=OVERLOADED,
                detail="analyses that are accepted and not finished are at their limit",
                limit=self._limit,
                retry_after_s=self._retry_after_s(),
            )

    def note_accepted(self) -> None:
        self._count += 1

    @property
    def _opens_below(self) -> int:
        return math.ceil(_OPENS_BELOW * self._limit)

    def _retry_after_s(self) -> int:
        per_second = self._throughput.per_second()
        if per_second == 0:
            return _UNKNOWN_S
        too_many = self._count - self._opens_below + 1
        return max(1, min(_LONGEST_S, math.ceil(too_many / per_second)))

    def _is_fresh(self) -> bool:
        return self._counted_at is not None and self._now() - self._counted_at < _FRESH_S

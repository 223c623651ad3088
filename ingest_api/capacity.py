"""How much unfinished work is taken on before new work is refused."""

import math

from ingest_api.errors import OVERLOADED, RefusedError
from ingest_api.throughput import Throughput
from storage.unfinished import UnfinishedCount

_OPENS_BELOW = 0.95
_UNKNOWN_S = 60
_LONGEST_S = 3600


class UnfinishedCap:
    """Once full it stays closed until 5 % are worked off, and `Retry-After` is the time which that
    takes at the throughput of the last minute; a minute when nothing was finished in it."""

    def __init__(self, count: UnfinishedCount, *, limit: int, throughput: Throughput) -> None:
        self._count = count
        self._limit = limit
        self._throughput = throughput
        self._is_closed = False

    async def check(self) -> None:
        """Raises RefusedError when it is full, and StorageError."""
        count = await self._count.current()
        self._is_closed = count >= (self._opens_below if self._is_closed else self._limit)
        if self._is_closed:
            raise RefusedError(
                refusal=OVERLOADED,
                detail="analyses that are accepted and not finished are at their limit",
                limit=self._limit,
                retry_after_s=self._retry_after_s(count),
            )

    def note_accepted(self) -> None:
        self._count.note_accepted()

    @property
    def _opens_below(self) -> int:
        return math.ceil(_OPENS_BELOW * self._limit)

    def _retry_after_s(self, count: int) -> int:
        per_second = self._throughput.per_second()
        if per_second == 0:
            return _UNKNOWN_S
        too_many = count - self._opens_below + 1
        return max(1, min(_LONGEST_S, math.ceil(too_many / per_second)))

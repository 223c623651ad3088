"""Terminal analyses in a bounded dictionary: the cache of a process that has no Redis."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID

from storage.ports import Analysis, Completed, Pending


class MemoryResultCache:
    """A ResultCache of this process alone: the least recently used leaves first, all leave after
    `ttl_s`. A failure never replaces what is there, a result always does.
    """

    def __init__(
        self,
        *,
        max_entries: int = 2000,
        ttl_s: float = 3600,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._max_entries = max_entries
        self._ttl_s = ttl_s
        self._clock = clock
        self._entries: OrderedDict[tuple[str, UUID], tuple[float, Analysis]] = OrderedDict()

    async def get(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        return self._fresh((tenant_id, request_id))

    async def put(self, analyses: Sequence[Analysis]) -> None:
        for analysis in analyses:
            key = (analysis.request.tenant_id, analysis.request.request_id)
            if isinstance(analysis.outcome, Pending):
                continue
            if isinstance(analysis.outcome, Completed) or self._fresh(key) is None:
                self._entries[key] = (self._clock() + self._ttl_s, analysis)
                self._entries.move_to_end(key)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    async def check(self) -> None:
        """Always there."""

    async def aclose(self) -> None:
        self._entries.clear()

    def _fresh(self, key: tuple[str, UUID]) -> Analysis | None:
        expires_at, analysis = self._entries.get(key, (0.0, None))
        if analysis is None or expires_at <= self._clock():
            self._entries.pop(key, None)
            return None
        self._entries.move_to_end(key)
        return analysis

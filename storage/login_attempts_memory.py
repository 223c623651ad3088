"""Tries of passwords counted in this process: the store where there is no Redis."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

from storage.login_attempts import COUNTED_MS, KNOWN_MS, Attempt, Patience

_Value = TypeVar("_Value")
_MOST: Final = 20_000


class MemoryAttemptStore:
    """An AttemptStore of this process alone; what was touched least recently is forgotten when
    there are 20,000 of a kind."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, int, int]] = OrderedDict()
        self._known: OrderedDict[str, int] = OrderedDict()

    async def begin(self, attempt: Attempt, patience: Patience) -> int:
        now = self._now()
        names = [_from(attempt)]
        if self._known.get(_from(attempt), 0) <= now:
            names.append(attempt.account)
        counts = [self._count(name, now) for name in names]
        wait_ms = max(free_at - now for _, free_at in counts)
        if wait_ms > 0:
            return min(wait_ms, 1000 * patience.longest_s)
        for name, (tries, _) in zip(names, counts, strict=True):
            free_at = now + patience.wait_ms(tries + 1)
            _put(self._counts, name, (tries + 1, free_at, now + COUNTED_MS))
        return 0

    async def succeed(self, attempt: Attempt) -> None:
        self._counts.pop(_from(attempt), None)
        _put(self._known, _from(attempt), self._now() + KNOWN_MS)

    async def aclose(self) -> None:
        self._counts.clear()
        self._known.clear()

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _count(self, name: str, now: int) -> tuple[int, int]:
        """Tries, and when the next may be."""
        tries, free_at, until = self._counts.get(name, (0, 0, 0))
        return (tries, free_at) if until > now else (0, 0)


def _from(attempt: Attempt) -> str:
    return f"{attempt.account}/{attempt.origin}"


def _put(kept: OrderedDict[str, _Value], name: str, value: _Value) -> None:
    kept[name] = value
    kept.move_to_end(name)
    if len(kept) > _MOST:
        kept.popitem(last=False)

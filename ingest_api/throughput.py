"""How many analyses reach their outcome each second, as the tail of the log sees it."""

import time
from collections import deque
from collections.abc import Callable

_WINDOW_S = 60


class Throughput:
    """Of all tenants and lanes, over the last minute, or since the start when that is shorter."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._since = now()
        self._seconds: deque[list[int]] = deque()

    def note(self, finished_at: float) -> None:
        """One outcome, with its Unix time; older ones than the window are passed over. Whose clock
        is ahead of ours has finished it now."""
        now = self._now()
        second = int(min(finished_at, now))
        if second <= now - _WINDOW_S:
            return
        if self._seconds and second <= self._seconds[-1][0]:
            self._seconds[-1][1] += 1
        else:
            self._seconds.append([second, 1])

    def per_second(self) -> float:
        now = self._now()
        while self._seconds and self._seconds[0][0] <= now - _WINDOW_S:
            self._seconds.popleft()
        watched_s = min(_WINDOW_S, max(1.0, now - self._since))
        return sum(count for _, count in self._seconds) / watched_s

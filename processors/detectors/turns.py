"""Who may hand work to the children next: interactive callers first, then the others."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable


class Turns:
    """A counted number of places. Within a lane the order of arrival holds.

    While interactive callers keep coming faster than places are given back, the other lane waits,
    and has one turn every `patience_s`: it is slow, never stuck. For one event loop.
    """

    def __init__(
        self,
        places: int,
        *,
        patience_s: float = 20.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = places
        self._patience_s = patience_s
        self._now = now
        self._bulk_since = 0.0
        self._interactive: deque[asyncio.Future[None]] = deque()
        self._bulk: deque[asyncio.Future[None]] = deque()

    @property
    def free(self) -> int:
        return self._free

    @property
    def waiting(self) -> int:
        return sum(self.waiting_in(interactive=lane) for lane in (True, False))

    def waiting_in(self, *, interactive: bool) -> int:
        return len(self._interactive if interactive else self._bulk)

    async def take(self, *, interactive: bool) -> None:
        """Return with a place, which the caller gives back. A cancelled caller takes none."""
        if self._free:
            self._free -= 1
            return
        lane = self._interactive if interactive else self._bulk
        turn = asyncio.get_running_loop().create_future()
        if lane is self._bulk and not lane:
            self._bulk_since = self._now()
        lane.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with contextlib.suppress(ValueError):  # already passed over
                    lane.remove(turn)
            else:
                self.give_back()
            raise

    def give_back(self) -> None:
        lanes = (self._interactive, self._bulk)
        for lane in reversed(lanes) if self._is_bulk_due() else lanes:
            while lane:
                turn = lane.popleft()
                if not turn.done():
                    turn.set_result(None)
                    if lane is self._bulk:
                        self._bulk_since = self._now()
                    return
        self._free += 1

    def _is_bulk_due(self) -> bool:
        return bool(self._bulk) and self._now() - self._bulk_since >= self._patience_s

"""Who may hand work to the children next: interactive callers first, then the others."""

import asyncio
import contextlib
from collections import deque


class Turns:
    """A counted number of places. Within a lane the order of arrival holds.

    While interactive callers keep coming faster than places are given back, the other lane waits:
    that is meant. For one event loop.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._interactive: deque[asyncio.Future[None]] = deque()
        self._bulk: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._interactive) + len(self._bulk)

    async def take(self, *, interactive: bool) -> None:
        """Return with a place, which the caller gives back. A cancelled caller takes none."""
        if self._free:
            self._free -= 1
            return
        lane = self._interactive if interactive else self._bulk
        turn = asyncio.get_running_loop().create_future()
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
        for lane in (self._interactive, self._bulk):
            while lane:
                turn = lane.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1

"""What one waiting client is told: a bounded queue that can be closed from outside."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from enum import Enum

from starlette.types import Receive

from ingest_api.news import News


class Closing(Enum):
    """Why nothing more will come."""

    SLOW = "slow"
    REVOKED = "revoked"
    DRAINING = "draining"
    GONE = "gone"


class Mailbox:
    """News in order. When it is full the client does not keep up: what is in it is still handed
    out, then it is closed. A client that is gone gets nothing more at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._news: deque[News] = deque()
        self._closing: Closing | None = None
        self._wake: asyncio.Future[None] | None = None

    @property
    def closing(self) -> Closing | None:
        return self._closing

    @property
    def fill(self) -> float:
        """How full it is, from 0 to 1."""
        return len(self._news) / self._limit

    def put(self, news: News) -> None:
        if self._closing is not None:
            return
        if len(self._news) >= self._limit:
            self.close(Closing.SLOW)
            return
        self._news.append(news)
        self._ring()

    def close(self, why: Closing) -> None:
        if self._closing is None or why is Closing.GONE:
            self._closing = why
            self._ring()

    async def next(self, timeout_s: float) -> News | Closing | None:
        """None when there was nothing for `timeout_s`."""
        found = self._ready()
        if found is not None:
            return found
        self._wake = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake
        except TimeoutError:
            pass  # what came in the same moment is handed out all the same
        finally:
            self._wake = None
        return self._ready()

    def _ready(self) -> News | Closing | None:
        if self._closing is not Closing.GONE and self._news:
            return self._news.popleft()
        return self._closing

    def _ring(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


@contextlib.asynccontextmanager
async def closed_when_gone(receive: Receive, mailbox: Mailbox) -> AsyncIterator[None]:
    """Inside, a client that disconnects closes the mailbox. Its body must have been read."""

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        mailbox.close(Closing.GONE)

    listener = asyncio.create_task(listen())
    try:
        yield
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener

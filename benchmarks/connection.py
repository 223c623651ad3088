"""A kept-alive HTTP/1.1 connection that costs next to nothing: the generator shares the cores."""

import asyncio
from collections.abc import Sequence
from typing import cast

from benchmarks.answers import Answer, AnswerReader, UnreadableAnswerError


class Connection(asyncio.Protocol):
    """One request at a time. A lost connection is a ConnectionError for whoever waits."""

    def __init__(self) -> None:
        self._reader = AnswerReader()
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None

    async def request(self, pieces: Sequence[bytes]) -> Answer:
        """Raises ConnectionError and UnreadableAnswerError."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the connection is closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.writelines(pieces)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            answer = self._reader.feed(data)
        except UnreadableAnswerError as error:
            self._fail(error)
            self.close()
            return
        if answer is not None and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionError(str(exc or "closed by the server")))

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

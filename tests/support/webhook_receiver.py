"""A receiver of webhooks: an HTTP server that keeps what it was told, and answers as it is told."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.support.within import crowd

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Told:
    """One request; header names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded

    def is_signed_with(self, secret: str) -> bool:
        """As the specification of Standard Webhooks has a receiver do it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode()
        digest = hmac.new(key, signed + self.body, hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(digest).decode()}"
        given = self.headers["webhook-signature"].split(" ")
        return any(hmac.compare_digest(expected, each) for each in given)


def status(code: int, *headers: str) -> Answering:
    """A response without a body."""
    head = "\r\n".join((f"HTTP/1.1 {code} x", "Content-Length: 0", *headers))
    return raw(f"{head}\r\n\r\n".encode())


def raw(*parts: bytes) -> Answering:
    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


async def silence(_: asyncio.StreamWriter) -> None:
    """For as long as the receiver is open."""
    await asyncio.Event().wait()


OK = status(204)


class Receiver:
    """Answers the n-th request with the n-th answer, later ones with the last. `told` grows;
    `wait_for(n)` returns when there are so many."""

    def __init__(self, *answers: Answering, host: str = "127.0.0.1", port: int = 0) -> None:
        self.told: list[Told] = []
        self.host = host
        self.port = port
        self._answers: Sequence[Answering] = answers or (OK,)
        self._news = asyncio.Condition()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    def url(self, path: str = "/", *, name: str | None = None) -> str:
        return f"http://{name or self.host}:{self.port}{path}"

    async def wait_for(self, count: int, *, within_s: float = 10.0) -> list[Told]:
        """The first `count`."""
        async with asyncio.timeout(within_s * crowd()), self._news:
            await self._news.wait_for(lambda: len(self.told) >= count)
        return self.told[:count]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                told = await _read(reader)
                answer = self._answers[min(len(self.told), len(self._answers) - 1)]
                async with self._news:
                    self.told.append(told)
                    self._news.notify_all()
                await answer(writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Told:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
    line, *fields = head.rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in fields)}
    return Told(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))

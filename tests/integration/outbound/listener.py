"""A scripted TCP listener that counts connections and application bytes."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def replies(*parts: bytes) -> Script:
    """Sends the parts and closes."""

    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return script


def repeats(first: bytes, again: bytes, *, pause_s: float = 0.0) -> Script:
    """Sends `first`, then `again` for as long as the other side stays."""

    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return script


def holds(first: bytes) -> Script:
    """Sends `first` and waits until the other side hangs up."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while await reader.read(65536):
            pass

    return script


def ok(body: bytes, *headers: bytes) -> Script:
    """A plain 200 with a correct length."""
    lines = (b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers)
    return replies(b"\r\n".join(lines), b"\r\n\r\n", body)


def redirect(location: bytes, status: bytes = b"302 Found") -> Script:
    """A redirect without a body."""
    return replies(b"HTTP/1.1 ", status, b"\r\nLocation: ", location, b"\r\n\r\n")


class Listener:
    """Answers the n-th connection with the n-th script, later ones with the last."""

    def __init__(
        self,
        *scripts: Script,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.received_bytes = 0
        self.port = port
        self.host = host
        self._scripts = list(scripts)
        self._tls = tls
        self._serving: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self.host, self.port, ssl=self._tls)
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
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*(w.wait_closed() for w in self._writers), return_exceptions=True)
        await self._server.wait_closed()

    def url(self, path: str = "/", *, name: str | None = None) -> str:
        return f"http://{name or self.host}:{self.port}{path}"

    async def all_left(self) -> None:
        """Returns when every connection has ended."""
        async with asyncio.timeout(5):
            await asyncio.gather(*self._serving)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        self._writers.append(writer)
        self._serving.append(asyncio.create_task(self._serve(reader, writer, script)))

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, script: Script
    ) -> None:
        head = bytearray()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while b"\r\n\r\n" not in head and (chunk := await reader.read(65536)):
                head += chunk
                self.received_bytes += len(chunk)
            if head:
                self.requests.append(bytes(head))
                await script(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

"""Something on clamd's port that speaks its protocol as a test wants it spoken, or does not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from processors.scan.address import TcpAddress


@dataclass
class FakeClamd:
    """`says` is sent, in these pieces, to whoever has sent a stream; nothing more is read when not
    `listens`. With `hangs` the connection stays open afterwards. `pong` answers a PING.

    `streams` are those that came whole; `open_now` and `most_at_once` count conversations."""

    says: tuple[bytes, ...] = (b"stream: OK\0",)
    listens: bool = True
    hangs: bool = False
    pong: bytes = b"PONG\0"
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    streams: list[bytes] = field(default_factory=list)
    open_now: int = 0
    most_at_once: int = 0

    @property
    def address(self) -> TcpAddress:
        return TcpAddress("127.0.0.1", self.port)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["FakeClamd"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.may_answer.set()
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        if command == b"zPING\0":
            writer.write(self.pong)
            return
        if self.listens:
            self.streams.append(await _stream(reader))
        await self.may_answer.wait()
        for piece in self.says:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if self.hangs:
            await reader.read()  # until the client has had enough


async def _stream(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while length := int.from_bytes(await reader.readexactly(4), "big"):
        whole += await reader.readexactly(length)
    return whole

"""A few lines of HTTP/1.0 for machines inside: probes and scrapers, never the public."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
_LONGEST_HEAD = 8192
_PATIENCE_S = 5.0

Answer = tuple[int, str, bytes]
"""Status, content type, body."""
NOT_FOUND: Answer = (404, "text/plain", b"not found\n")


class PlainServer:
    """Answers GET only, one request a connection, each within ten seconds. `answer` is given the
    path and the headers by lower-case name."""

    def __init__(
        self,
        answer: Callable[[str, Mapping[str, str]], Answer],
        *,
        host: str,
        port: int,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._answer = answer
        self._host = host
        self._port = port
        self._patience_s = patience_s
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises OSError when the port cannot be had."""
        self._server = await asyncio.start_server(
            self._serve, self._host, self._port, limit=_LONGEST_HEAD
        )
        self._port = self._server.sockets[0].getsockname()[1]

    @property
    def host(self) -> str:
        return self._host

    @property
    def port(self) -> int:
        """The real one, also where 0 was asked for."""
        return self._port

    async def aclose(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
        try:
            with contextlib.suppress(*gone):
                # All of the head: closing with some of it unread would reset the connection.
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self._patience_s)
                writer.write(self._response(head))
                await asyncio.wait_for(writer.drain(), self._patience_s)
        finally:
            writer.close()

    def _response(self, head: bytes) -> bytes:
        line, *fields = head.decode("latin-1").split("\r\n")
        method, path, *_ = [*line.split(" "), "", ""]
        status, kind, body = 405, "text/plain", b"GET only\n"
        if method == "GET":
            status, kind, body = self._answer(path.partition("?")[0], _headers(fields))
        return (
            f"HTTP/1.0 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode() + body


def _headers(fields: list[str]) -> dict[str, str]:
    parts = (field.partition(":") for field in fields)
    return {name.strip().lower(): value.strip() for name, _, value in parts}

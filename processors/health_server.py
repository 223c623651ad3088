"""`/health`, `/ready` and `/metrics` of a worker: a few lines of HTTP/1.0 for operators."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from schemas.http import DependencyReport
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_log = get_logger(__name__)
_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
_LONGEST_HEAD = 8192
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """`live` false asks for a restart; `ready` false says only that no work is taken now."""

    live: bool
    ready: bool
    processors: tuple[str, ...]
    holding: tuple[str, ...]
    problems: tuple[str, ...]


Reports = Callable[[], Mapping[str, DependencyReport]]


class HealthServer:
    """Answers GET only, one request a connection, each within ten seconds. What is reported of
    dependencies is said beside the health and does not change it."""

    def __init__(
        self,
        health: Callable[[], WorkerHealth],
        reports: Reports,
        metrics: Metrics,
        *,
        host: str,
        port: int,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._health = health
        self._reports = reports
        self._metrics = metrics
        self._host = host
        self._port = port
        self._patience_s = patience_s
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, self._host, self._port, limit=_LONGEST_HEAD
        )
        self._port = self._server.sockets[0].getsockname()[1]
        _log.info("health_listening", host=self._host, port=self._port)

    @property
    def port(self) -> int:
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
        line = head.partition(b"\r\n")[0].decode("latin-1")
        method, path, *_ = [*line.split(" "), "", ""]
        status, kind, body = self._answer(method, path.partition("?")[0])
        return (
            f"HTTP/1.0 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode() + body

    def _answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        if method != "GET":
            return 405, "text/plain", b"GET only\n"
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4; charset=utf-8", self._metrics.render()
        if path not in {"/health", "/ready"}:
            return 404, "text/plain", b"not found\n"
        health = self._health()
        is_well = health.live if path == "/health" else health.live and health.ready
        return 200 if is_well else 503, "application/json", self._body(health)

    def _body(self, health: WorkerHealth) -> bytes:
        reports = {name: report.model_dump() for name, report in self._reports().items()}
        return json.dumps(asdict(health) | {"dependencies": reports}).encode()

"""The outermost layer: trace id, security headers, one log line and the metrics of a request."""

import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest_api.contract_style import CONTRACT_CSP
from ingest_api.errors import UNEXPECTED, RefusedError
from ingest_api.policies import POLICIES
from ingest_api.problems import problem_response
from ingest_api.scope import header_of, noted_of, set_trace
from telemetry.logs import bound_contextvars, get_logger
from telemetry.metrics import Metrics
from telemetry.traces import from_traceparent

_log = get_logger(__name__)
_QUIET_PATHS = frozenset({"/health", "/ready", "/metrics"})
_PLAIN_PATHS = frozenset(path for _, path in POLICIES if "{" not in path)
_CLOSED_CSP = b"default-src 'none'; frame-ancestors 'none'"
_DOCS_CSP = (
    b"default-src 'none'; connect-src 'self'; img-src 'self' data: https://fastapi.tiangolo.com; "
    b"script-src 'unsafe-inline' https://cdn.jsdelivr.net; "
    b"style-src 'unsafe-inline' https://cdn.jsdelivr.net; frame-ancestors 'none'"
)
_CSP_OF_PAGES = {"/docs": _DOCS_CSP, "/asyncapi": CONTRACT_CSP}
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class Edge:
    """Whatever happens inside, the client gets an answer with the trace id in it, and the log one
    line `http_answered`. A client that went away before the answer is logged with status 499."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = from_traceparent(header_of(scope, b"traceparent"))
        set_trace(scope, trace)
        answer = _Answer(send, trace_id=trace.trace_id, path=scope["path"])
        started = time.perf_counter()
        with bound_contextvars(trace_id=trace.trace_id):
            try:
                await self._app(scope, receive, answer.send)
            except Exception:  # noqa: BLE001 - the last resort: every request is answered
                await self._answer_unexpected(scope, receive, answer)
            finally:
                self._note(scope, answer, time.perf_counter() - started)

    async def _answer_unexpected(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        _log.exception("request_broke", path=scope["path"][:200], answered=answer.status)
        if answer.status == 0:
            refused = RefusedError(refusal=UNEXPECTED)
            await problem_response(scope, refused)(scope, receive, answer.send)

    def _note(self, scope: Scope, answer: "_Answer", took_s: float) -> None:
        route = _route_of(scope)
        method = scope["method"] if (scope["method"], route) in POLICIES else "any"
        status = answer.status or 499
        self._metrics.http_requests.labels(route, method, str(status)).inc()
        if not answer.is_stream:
            self._metrics.http_seconds.labels(route, method).observe(took_s)
        if scope["path"] not in _QUIET_PATHS:
            _log.info(
                "http_answered", method=scope["method"], path=scope["path"][:200], status=status,
                took_ms=round(took_s * 1000, 1), **noted_of(scope),
            )  # fmt: skip


class _Answer:
    """Adds the headers to what is sent, and remembers what it was."""

    def __init__(self, send: Send, *, trace_id: str, path: str) -> None:
        self._send = send
        self._trace_id = trace_id.encode()
        self._csp = _CSP_OF_PAGES.get(path, _CLOSED_CSP)
        self.status = 0
        self.is_stream = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = dict(message.get("headers", ()))
            self.is_stream = present.get(b"content-type", b"").startswith(b"text/event-stream")
            message["headers"] = [*message.get("headers", ()), *self._added(present)]
        await self._send(message)

    def _added(self, present: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        always = [(b"x-trace-id", self._trace_id), (b"content-security-policy", self._csp)]
        return always + [header for header in _HEADERS if header[0] not in present]


def _route_of(scope: Scope) -> str:
    """The template, or a path that is a template by itself: labels are bounded."""
    route: Any = scope.get("route")
    template: str | None = getattr(route, "path", None)
    if template is not None:
        return template
    return scope["path"] if scope["path"] in _PLAIN_PATHS else "unmatched"

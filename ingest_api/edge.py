"""The outermost layer: trace id, security headers, one log line and the metrics of a request."""

import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest_api.arrival import is_arriving, received_of
from ingest_api.cors import Cors
from ingest_api.errors import UNEXPECTED, RefusedError
from ingest_api.in_work import InWork
from ingest_api.policies import POLICIES
from ingest_api.problems import problem_response
from ingest_api.scope import header_of, noted_of, set_trace
from ingest_api.security_headers import Headers, SecurityHeaders
from ingest_api.server_spans import tell_span
from telemetry.logs import get_logger, names_of_one_request
from telemetry.masking import masked_to
from telemetry.metrics import Metrics
from telemetry.spans import UNTRACED, Span, Tracer
from telemetry.traces import new_trace, to_trace

_log = get_logger(__name__)
_QUIET_PATHS = frozenset({"/health", "/ready", "/metrics"})
_PLAIN_PATHS = frozenset(path for _, path in POLICIES if "{" not in path)


class Edge:
    """Whatever happens inside, the client gets an answer with the trace id in it, and the log one
    line `http_answered`. A client that went away before the answer is logged with status 499."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        cors: Cors,
        security: SecurityHeaders,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._in_work = InWork(metrics)
        self._cors = cors
        self._security = security
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        under = to_trace(header_of(scope, b"traceparent"), header_of(scope, b"tracestate"))
        if scope["path"] in _QUIET_PATHS:
            await self._serve(scope, receive, send, Span(under or new_trace()))
            return
        with self._tracer.span(scope["method"], "server", under=under) as span:
            await self._serve(scope, receive, send, span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        trace = span.trace
        set_trace(scope, trace)
        always = ((b"x-trace-id", trace.trace_id.encode()), *self._cors.headers_for(scope))
        answer = _Answer(send, scope, always=always, unless_set=self._security.of(scope["path"]))
        started = time.perf_counter()
        active = self._metrics.http_active.labels(scope["method"])
        named = names_of_one_request(trace_id=trace.trace_id)
        with named, self._in_work.holding(scope), active.track_inprogress():
            try:
                await self._app(scope, receive, answer.send)
            except Exception:  # noqa: BLE001 - the last resort: every request is answered
                await self._answer_unexpected(scope, receive, answer)
            finally:
                self._note(scope, answer, time.perf_counter() - started)
                tell_span(span, scope, _route_of(scope), answer.status)

    async def _answer_unexpected(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        _log.exception("request_broke", path=_told(scope), answered=answer.status)
        if answer.status == 0:
            refused = RefusedError(refusal=UNEXPECTED)
            await problem_response(scope, refused)(scope, receive, answer.send)

    def _note(self, scope: Scope, answer: "_Answer", took_s: float) -> None:
        route, method, status = _route_of(scope), scope["method"], answer.status or 499
        counted_s = answer.began_after_s if answer.is_stream else took_s
        self._metrics.http_seconds.labels(method, route, str(status)).observe(counted_s)
        if received := received_of(scope):
            self._metrics.http_body_bytes.labels(method, route).observe(received)
        if scope["path"] not in _QUIET_PATHS:
            _log.info(
                "http_answered", method=scope["method"], path=_told(scope), status=status,
                took_ms=round(took_s * 1000, 1), **noted_of(scope),
            )  # fmt: skip


class _Answer:
    """Adds the headers to what is sent, and remembers what it was. An answer that comes before the
    end of the request ends the connection, and says so."""

    def __init__(self, send: Send, scope: Scope, *, always: Headers, unless_set: Headers) -> None:
        self._send = send
        self._scope = scope
        self._always = always
        self._unless_set = unless_set
        self._asked_at = time.perf_counter()
        self.status = 0
        self.is_stream = False
        self.began_after_s = 0.0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.began_after_s = time.perf_counter() - self._asked_at
            present = dict(message.get("headers", ()))
            self.is_stream = present.get(b"content-type", b"").startswith(b"text/event-stream")
            message["headers"] = [*message.get("headers", ()), *self._added(present)]
        await self._send(message)

    def _added(self, present: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        missing = [header for header in self._unless_set if header[0] not in present]
        if is_arriving(self._scope) and b"connection" not in present:
            missing.append((b"connection", b"close"))
        return [*self._always, *missing]


def _told(scope: Scope) -> str:
    """The path as the log has it: strangers put their credentials anywhere."""
    return masked_to(scope["path"], 200)


def _route_of(scope: Scope) -> str:
    """The template, or a path that is a template by itself: labels are bounded."""
    route: Any = scope.get("route")
    template: str | None = getattr(route, "path", None)
    if template is not None:
        return template
    return scope["path"] if scope["path"] in _PLAIN_PATHS else "unmatched"

"""A stand-in for Jaeger: answers its HTTP API for one trace, from what a receiver of OTLP got."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.support.otlp_receiver import Received
from tests.support.otlp_spans import SeenSpan

_PATH = "/api/traces/"


class TraceStore:
    """`GET /api/traces/<id>` in Jaeger's shape, as far as a span is known here; 404 without one."""

    def __init__(self, received: Received) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(received))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def to_jaeger(trace_id: str, spans: list[SeenSpan]) -> dict[str, Any]:
    """Times in microseconds, as Jaeger has them."""
    services = sorted({one.service for one in spans})
    return {
        "traceID": trace_id,
        "spans": [_span(one, f"p{services.index(one.service) + 1}") for one in spans],
        "processes": {
            f"p{number}": {"serviceName": name, "tags": []}
            for number, name in enumerate(services, 1)
        },
        "warnings": None,
    }


def _span(span: SeenSpan, process: str) -> dict[str, Any]:
    above = {"refType": "CHILD_OF", "traceID": span.trace_id, "spanID": span.parent_id}
    return {
        "traceID": span.trace_id,
        "spanID": span.span_id,
        "operationName": span.name,
        "references": [above] if span.parent_id else [],
        "startTime": span.started_ns // 1000,
        "duration": (span.ended_ns - span.started_ns) // 1000,
        "tags": [{"key": "span.kind", "type": "string", "value": span.kind}],
        "logs": [],
        "processID": process,
    }


def _handler(received: Received) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            trace_id = self.path.removeprefix(_PATH)
            spans = [one for one in list(received.spans) if one.trace_id == trace_id]
            missing = {"data": None, "errors": [{"code": 404, "msg": "trace not found"}]}
            found = {"data": [to_jaeger(trace_id, spans)], "errors": None}
            body = json.dumps(found if spans else missing).encode()
            self.send_response(200 if spans else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            """Not to standard error."""

    return Handler

"""A stand-in for Jaeger: answers its HTTP API for one trace, from what a receiver of OTLP got."""

import json
from typing import Any

from tests.support.http_server import HttpServer, OwnedHandler
from tests.support.otlp_receiver import Received
from tests.support.otlp_spans import SeenSpan

_PATH = "/api/traces/"


class TraceStore(HttpServer[Received]):
    """`GET /api/traces/<id>` in Jaeger's shape, as far as a span is known here; 404 without one."""

    def __init__(self, received: Received) -> None:
        super().__init__(_Handler, received)


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


class _Handler(OwnedHandler[Received]):
    def get(self) -> None:
        trace_id = self.path.removeprefix(_PATH)
        spans = [one for one in list(self.owner.spans) if one.trace_id == trace_id]
        missing = {"data": None, "errors": [{"code": 404, "msg": "trace not found"}]}
        found = {"data": [to_jaeger(trace_id, spans)], "errors": None}
        self.answer(200 if spans else 404, json.dumps(found if spans else missing).encode())

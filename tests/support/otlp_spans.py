"""Spans as a receiver of OTLP has them, and the trees that they make."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


@dataclass(frozen=True, slots=True)
class SeenSpan:
    """Ids in lower-case hexadecimal digits; `parent_id` is empty for the root of a trace."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    links: tuple[tuple[str, str], ...]
    attributes: dict[str, Any]
    state: str
    is_error: bool
    started_ns: int
    ended_ns: int

    @property
    def place(self) -> tuple[str, str]:
        return (self.trace_id, self.span_id)


def spans_in(export: ExportTraceServiceRequest) -> Iterator[SeenSpan]:
    for resource in export.resource_spans:
        service = _values(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield SeenSpan(
                    service=service,
                    name=span.name,
                    kind=KINDS[span.kind],
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    attributes=_values(span.attributes),
                    state=span.trace_state,
                    is_error=span.status.code == 2,
                    started_ns=span.start_time_unix_nano,
                    ended_ns=span.end_time_unix_nano,
                )


def tree_of(spans: Iterable[SeenSpan], root: SeenSpan) -> list[str]:
    """One line a span, children below their parent in the order of their lines: what is done at
    once has no other."""
    return list(_lines(list(spans), root, ""))


def _lines(spans: list[SeenSpan], span: SeenSpan, indent: str) -> Iterator[str]:
    yield indent + _line(span)
    below = [one for one in spans if (one.trace_id, one.parent_id) == span.place]
    for child in sorted(below, key=_line):
        yield from _lines(spans, child, indent + "  ")


def _line(span: SeenSpan) -> str:
    return f"{span.service.removeprefix('image-analyzer-')}: {span.name} ({span.kind})"


def _values(attributes: Iterable[Any]) -> dict[str, Any]:
    found = {}
    for one in attributes:
        kind = one.value.WhichOneof("value")
        found[one.key] = getattr(one.value, kind)
    return found

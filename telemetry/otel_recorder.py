"""Spans kept by OpenTelemetry's SDK. Imported only where spans are exported: it takes memory."""

from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from opentelemetry.trace import Span as SdkSpan

from telemetry.spans import Attributes, Kind, Recorded
from telemetry.traces import TraceContext

_KINDS: Final[dict[Kind, SpanKind]] = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "internal": SpanKind.INTERNAL,
}


class OtelRecorder:
    """Of whatever it is asked for: what is sampled was decided before. A span that has ended waits
    in the queues of the provider's processors; nobody waits for them."""

    def __init__(self, provider: TracerProvider, *, version: str) -> None:
        self._tracer = provider.get_tracer("image-analyzer", version)

    def begin(
        self,
        name: str,
        kind: Kind,
        *,
        under: TraceContext | None,
        links: Sequence[TraceContext],
        attributes: Attributes,
    ) -> Recorded | None:
        above = None if under is None else NonRecordingSpan(to_sdk(under))
        span = self._tracer.start_span(
            name,
            context=None if above is None else set_span_in_context(above),
            kind=_KINDS[kind],
            attributes=attributes,
            links=[Link(to_sdk(link)) for link in links],
        )
        if not span.is_recording():  # the SDK is switched off by a variable of its own
            return None
        return _RecordedSpan(span, "" if under is None else under.state)


class _RecordedSpan:
    __slots__ = ("_span", "trace")

    def __init__(self, span: SdkSpan, state: str) -> None:
        self._span = span
        own = span.get_span_context()
        self.trace = TraceContext(
            f"{own.trace_id:032x}", f"{own.span_id:016x}", f"{own.trace_flags:02x}", state
        )

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, error_type: str) -> None:
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        self._span.end()


def to_sdk(trace: TraceContext) -> SpanContext:
    return SpanContext(
        int(trace.trace_id, 16),
        int(trace.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(trace.flags, 16)),
        trace_state=TraceState.from_header([trace.state]) if trace.state else None,
    )

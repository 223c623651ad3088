"""A recorder that keeps spans in memory: the twin of OpenTelemetry's, for tests."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from telemetry.spans import Attributes, Kind, Tracer
from telemetry.traces import TraceContext


@dataclass
class KeptSpan:
    name: str
    kind: Kind
    trace: TraceContext
    under: TraceContext | None
    links: tuple[TraceContext, ...]
    attributes: dict[str, object] = field(default_factory=dict)
    error: str | None = None
    has_ended: bool = False

    def note(self, attributes: Attributes) -> None:
        self.attributes |= attributes

    def rename(self, name: str) -> None:
        self.name = name

    def fail(self, error_type: str) -> None:
        self.error = error_type

    def end(self) -> None:
        assert not self.has_ended
        self.has_ended = True


class KeptSpans:
    """`tracer` records every trace that begins with it."""

    def __init__(self) -> None:
        self.spans: list[KeptSpan] = []
        self.tracer = Tracer(self, sample_ratio=1)

    def begin(
        self,
        name: str,
        kind: Kind,
        *,
        under: TraceContext | None,
        links: Sequence[TraceContext],
        attributes: Attributes,
    ) -> KeptSpan:
        trace_id = secrets.token_hex(16) if under is None else under.trace_id
        state = "" if under is None else under.state
        trace = TraceContext(trace_id, secrets.token_hex(8), "01", state)
        kept = KeptSpan(name, kind, trace, under, tuple(links), dict(attributes))
        self.spans.append(kept)
        return kept

    def one(self, name: str) -> KeptSpan:
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def below(self, span: KeptSpan) -> list[str]:
        return [one.name for one in self.spans if one.under == span.trace]

"""image-analyzed, analysis-failed -> record -> Postgres."""

from collections.abc import Sequence

from processors.coalesce import Coalescer
from processors.errors import HOLD_ERRORS
from schemas.events import AnalysisFailed, ImageAnalyzed
from storage.ports import AnalysisStore
from telemetry.spans import UNTRACED, Tracer
from telemetry.traces import here_as_traceparent, to_trace
from topics.codec import Envelope

_BATCH = 100
_Told = tuple[ImageAnalyzed | AnalysisFailed, str | None]
"""An outcome, and the trace it came in."""


class RecordOutcome:
    """Writes outcomes into the record, in batches under load. Repeats and any order of the two
    topics end in the same row: the store keeps the rule that a result beats a failure."""

    def __init__(self, analyses: AnalysisStore, *, tracer: Tracer = UNTRACED) -> None:
        self._analyses = analyses
        self._tracer = tracer
        self._write: Coalescer[_Told] = Coalescer(
            self._record, most=_BATCH, concern_all=HOLD_ERRORS
        )

    async def __call__(self, envelope: Envelope) -> None:
        event = envelope.event
        if not isinstance(event, ImageAnalyzed | AnalysisFailed):
            raise TypeError(f"expected an outcome, got {type(event).__name__}")
        await self._write((event, here_as_traceparent() or envelope.traceparent))

    async def _record(self, told: Sequence[_Told]) -> None:
        traces = {event.key: trace for event, trace in told if trace is not None}
        links = [place for trace in traces.values() if (place := to_trace(trace)) is not None]
        batch = {"messaging.batch.message_count": len(told)}
        with self._tracer.span("record", "internal", under=None, links=links, attributes=batch):
            await self._analyses.record([event for event, _ in told], traces)

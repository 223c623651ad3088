"""Counts what was put on record, and how long its request took."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from schemas.events import AnalysisFailed, ImageAnalyzed
from telemetry.metrics import Metrics
from topics.codec import Envelope


class CountOutcomes:
    """Around the handler that records. An outcome that is told twice counts twice, as the log has
    it; so does one that the record does not let stand."""

    def __init__(
        self,
        record: Callable[[Envelope], Awaitable[None]],
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._record = record
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, envelope: Envelope) -> None:
        await self._record(envelope)
        event = envelope.event
        if isinstance(event, ImageAnalyzed):
            self._count("completed", "completed", event.accepted_at)
        elif isinstance(event, AnalysisFailed):
            self._count("failed", event.code.value, event.accepted_at)

    def _count(self, state: str, code: str, accepted_at: datetime) -> None:
        took_s = (self._clock() - accepted_at).total_seconds()
        self._metrics.outcomes.labels(code).inc()
        self._metrics.request_seconds.labels(state).observe(max(0.0, took_s))

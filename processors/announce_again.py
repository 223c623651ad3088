"""What was never announced, or may be lost, said once more, in the trace of its acceptance."""

from contextlib import AbstractContextManager

from schemas.events import CancelRequested
from storage.ports import Cancellation, Unannounced
from telemetry.spans import UNTRACED, Span, Tracer
from telemetry.traces import to_trace
from topics.catalog import work_topic
from topics.publisher import EventPublisher


class AnnounceAgain:
    """Raises what the publisher raises."""

    def __init__(self, publisher: EventPublisher, *, tracer: Tracer = UNTRACED) -> None:
        self._publisher = publisher
        self._tracer = tracer

    async def request(self, lost: Unannounced) -> None:
        topic = work_topic(type(lost.request), lost.lane)
        with self._span(lost.traceparent):
            await self._publisher.publish(lost.request, topic=topic)

    async def cancel(self, asked: Cancellation) -> None:
        event = CancelRequested(
            request_id=asked.request_id, tenant_id=asked.tenant_id, requested_at=asked.requested_at
        )
        with self._span(asked.traceparent):
            await self._publisher.publish(event)

    def _span(self, traceparent: str | None) -> AbstractContextManager[Span]:
        return self._tracer.span("announce again", "internal", under=to_trace(traceparent))

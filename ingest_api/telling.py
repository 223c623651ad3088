"""Spans of outcomes on their way out: below the sending of the outcome, linked to who asked."""

from contextlib import AbstractContextManager

from ingest_api.news import News
from telemetry.spans import Span, Tracer
from telemetry.traces import TraceContext
from topics.catalog import topic_of


class Telling:
    """In the trace of the request that the outcome is of. A link leads to the request of the client
    that is told, which for a stream is one of another trace. Only what the log told has a span: an
    outcome that was looked up has none."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def frame(self, news: News, client: TraceContext) -> AbstractContextManager[Span]:
        """Around the handing out of a frame of a stream; it ends when the client has taken it."""
        return self._span("sse frame", news, client)

    def answer(self, news: News, client: TraceContext) -> AbstractContextManager[Span]:
        """Around making the answer to a client that waited."""
        return self._span("waiting answer", news, client)

    def _span(self, name: str, news: News, client: TraceContext) -> AbstractContextManager[Span]:
        event = news.event
        return self._tracer.aside(
            name, "internal",
            under=news.trace,
            links=(client,),
            attributes={
                "messaging.destination.name": topic_of(type(event)).name,
                "analyzer.request_id": str(event.request_id),
            },
        )  # fmt: skip

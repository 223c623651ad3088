"""The spans of a webhook delivery, below the recording of the outcome that it tells."""

from collections.abc import Iterator
from contextlib import contextmanager

from storage.deliveries import Claim
from telemetry.logs import bound_contextvars
from telemetry.spans import Attributes, Span, Tracer, step
from telemetry.traces import to_trace


@contextmanager
def delivering(tracer: Tracer, claim: Claim) -> Iterator[Span]:
    """Around one attempt and the note of it. What is logged inside has the ids of the request and
    of its trace."""
    request_id = str(claim.request_id)
    about: Attributes = {"analyzer.request_id": request_id, "analyzer.attempt": claim.number}
    with (
        tracer.span(
            "deliver", "internal", under=to_trace(claim.traceparent), attributes=about
        ) as span,
        bound_contextvars(request_id=request_id, trace_id=span.trace.trace_id),
    ):
        yield span


@contextmanager
def posting(claim: Claim) -> Iterator[Span]:
    """Around the request to the receiver. Of its address only host and port are told: a path may
    be a capability."""
    known = {"http.request.method": "POST", "server.address": claim.receiver}
    with step("POST", "client", known) as span:
        yield span

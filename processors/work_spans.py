"""The span in which a record is worked, below that of its sending."""

from collections.abc import Awaitable, Callable

from telemetry.logs import bound_contextvars
from telemetry.spans import UNTRACED, Tracer
from topics.records import Record
from topics.tracing import taken, trace_in

_WELL = frozenset({"done", "retried"})


class WorkSpans:
    """Of the records of one consumer group. What is logged inside has the id of the trace, and a
    record that is of none begins one."""

    def __init__(self, group: str = "", *, tracer: Tracer = UNTRACED) -> None:
        self._group = group
        self._tracer = tracer

    async def around(self, record: Record, settle: Callable[[Record], Awaitable[str]]) -> None:
        """`settle` gives the outcome."""
        with (
            self._tracer.span(
                f"process {record.topic}",
                "consumer",
                under=trace_in(record),
                attributes=taken(record, self._group),
            ) as span,
            bound_contextvars(trace_id=span.trace.trace_id),
        ):
            outcome = await settle(record)
            span.note({"analyzer.outcome": outcome})
            if outcome not in _WELL:
                span.fail(outcome)

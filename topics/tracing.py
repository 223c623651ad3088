"""Records in traces: what sends one is below the work that caused it, what takes it is below that.

Names and attributes: OpenTelemetry's conventions for messaging and for Kafka.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from telemetry.spans import Attributes, step
from telemetry.traces import TraceContext, current_trace, to_trace
from topics.catalog import DEAD_LETTERS
from topics.records import OutgoingRecord, Record

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
_LETTERS = frozenset(topic.name for topic in DEAD_LETTERS)


@contextmanager
def sending(record: OutgoingRecord) -> Iterator[OutgoingRecord]:
    """Around the sending of a record. Gives the record to send, which names the span of its
    sending, or the place of the work that sends it where none is recorded.

    It stays as it is outside any trace, when it names another trace than that of the work here,
    and when it is a dead letter: the headers of those are the refused record's own.
    """
    here, named = current_trace(), _named_by(record)
    if here is None or (named is not None and named.trace_id != here.trace_id):
        yield record
        return
    with step(f"send {record.topic}", "producer", _about(record.topic, "send")) as span:
        yield record if record.topic in _LETTERS else _naming(span.trace, record)


def trace_in(record: Record) -> TraceContext | None:
    """Where the record was sent from; None when it says nothing valid."""
    return to_trace(record.header(TRACEPARENT), record.header(TRACESTATE))


def taken(record: Record, group: str) -> Attributes:
    """Of the span in which a record is worked."""
    return {
        **_about(record.topic, "process"),
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
        "messaging.consumer.group.name": group,
    }


def without_trace(record: OutgoingRecord) -> OutgoingRecord:
    """For one that begins a story of its own."""
    kept = tuple(one for one in record.headers if one[0] not in {TRACEPARENT, TRACESTATE})
    return replace(record, headers=kept)


def _naming(trace: TraceContext, record: OutgoingRecord) -> OutgoingRecord:
    told = [(TRACEPARENT, trace.traceparent.encode())]
    if trace.state:
        told.append((TRACESTATE, trace.state.encode()))
    return replace(record, headers=(*without_trace(record).headers, *told))


def _named_by(record: OutgoingRecord) -> TraceContext | None:
    texts = [value for name, value in record.headers if name == TRACEPARENT and value is not None]
    return to_trace(texts[-1].decode("utf-8", "replace")) if texts else None


def _about(topic: str, operation: str) -> dict[str, str | int | float | bool]:
    return {
        "messaging.system": "kafka",
        "messaging.destination.name": topic,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }

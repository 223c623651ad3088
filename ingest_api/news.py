"""An outcome as the tail of the log has just seen it, or sees it again on a resume."""

from dataclasses import dataclass
from datetime import datetime

from ingest_api.event_ids import LogPlace, Spot
from schemas.events import AnalysisFailed, ImageAnalyzed
from storage.ports import Completed, Failed
from telemetry.traces import TraceContext
from topics.catalog import topic_named
from topics.codec import decode
from topics.errors import InvalidMessageError
from topics.records import Record
from topics.tracing import trace_in

OutcomeEvent = ImageAnalyzed | AnalysisFailed


@dataclass(frozen=True, slots=True)
class News:
    """`event_id` is the same for every repeat of the same fact. The record lies at `offset` of
    `spot`; `place` is where a reader stands that has just read it. `trace` is where in the
    request's trace it was sent."""

    event: OutcomeEvent
    event_id: str
    at: datetime
    spot: Spot
    offset: int
    place: LogPlace
    trace: TraceContext | None = None


def to_news(record: Record, place: LogPlace) -> News:
    """Raises InvalidMessageError for what is no outcome by our contract."""
    envelope = decode(record, topic_named(record.topic))
    if not isinstance(envelope.event, ImageAnalyzed | AnalysisFailed):
        raise InvalidMessageError("type_unknown", f"{record.topic} carries no outcomes")
    spot = (record.topic, record.partition)
    trace = trace_in(record)
    return News(envelope.event, envelope.event_id, record.at, spot, record.offset, place, trace)


def outcome_of(event: OutcomeEvent, at: datetime) -> Completed | Failed:
    """As the record will hold it."""
    if isinstance(event, ImageAnalyzed):
        return Completed(at, event.result)
    return Failed(at, event.code, event.message, event.retryable, event.attempts)

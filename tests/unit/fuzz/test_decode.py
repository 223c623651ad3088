"""Whatever a record holds, the decoder gives an event or says what is wrong with the record."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contract import RequestEvent
from tests.fuzz.tries import tries
from tests.support.events import (
    analysis_failed,
    cancel_requested,
    image_analyzed,
    image_requested,
    image_requested_inbox,
    image_submitted,
    image_submitted_inbox,
    placed,
    record_of,
)
from tests.unit.fuzz.records import REQUEST_ID, anything, spoilt, timeless
from topics.catalog import topic_named
from topics.codec import (
    Envelope,
    claims_of,
    decode,
    encode_inbox,
    request_id_in,
    request_named_by,
    trace_of,
)
from topics.errors import InvalidMessageError
from topics.records import Record

REASONS = {
    "size_exceeded", "headers_invalid", "type_unknown", "body_invalid", "key_mismatch",
    "batch_unreadable",
}  # fmt: skip
MOST_DETAIL_BYTES = 1200
MAKERS: tuple[Callable[..., RequestEvent], ...] = (
    image_requested, image_submitted, image_analyzed, analysis_failed, cancel_requested,
)  # fmt: skip
INBOX = (image_requested_inbox(request_id=REQUEST_ID), image_submitted_inbox(request_id=REQUEST_ID))
GOOD = [
    *(timeless(record_of(make(request_id=REQUEST_ID))) for make in MAKERS),
    *(timeless(placed(encode_inbox(event, "acme", source="camera", credential="a-key")))
      for event in INBOX),
]  # fmt: skip
EACH = pytest.mark.parametrize("good", GOOD, ids=lambda record: record.topic)


def look_at(record: Record) -> Envelope | None:
    """All that is ever read of a record before it is believed; None for one that is refused."""
    named = request_named_by(record)
    assert named is None or record.key == named.key.encode()
    assert len(claims_of(record).keys) <= 2
    assert 1 <= record.at.year <= 9999
    assert len(trace_of(record) or "") in {0, 55}
    request_id_in(record)
    try:
        return decode(record, topic_named(record.topic))
    except InvalidMessageError as error:
        refused = error
    assert refused.reason in REASONS
    assert len(str(refused).encode()) <= MOST_DETAIL_BYTES
    return None


@EACH
def test_a_good_one_is_taken(good: Record) -> None:
    assert look_at(good) is not None


@EACH
@tries(120)
@given(data=st.data())
def test_a_record_with_something_wrong(good: Record, data: st.DataObject) -> None:
    record = data.draw(spoilt(good))
    envelope = look_at(record)
    if envelope is None:
        return
    assert type(envelope.event).read(envelope.event.to_json()) == envelope.event
    if isinstance(envelope.event, RequestEvent):
        assert record.key == envelope.event.key.encode()
        again = record_of(envelope.event)
        assert decode(again, topic_named(record.topic)).event == envelope.event


@EACH
@tries(50)
@given(data=st.data())
def test_anything_at_all(good: Record, data: st.DataObject) -> None:
    assert look_at(data.draw(anything(good.topic))) is None

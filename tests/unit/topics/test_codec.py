"""Events become CloudEvents that a library of the specification reads, and come back unchanged."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat

from schemas.contract import RequestFact
from tests.support.events import (
    TRACEPARENT,
    analysis_failed,
    image_analyzed,
    image_submitted,
    one_of_each,
    record_of,
)
from tests.support.poison_records import PoisonRecord, good_record, poison_records
from topics.catalog import ALL, DEAD_LETTERS, IMAGE_SUBMITTED, Topic, topic_named, topic_of
from topics.codec import decode, encode, event_id, request_named_by, trace_of
from topics.errors import InvalidMessageError
from topics.records import Record
from topics.sealed import LargeValue, UnreadableBatch
from topics.wire_records import header_name

EVENTS = pytest.mark.parametrize("event", one_of_each(), ids=lambda event: type(event).__name__)
REQUEST_TOPICS = [topic for topic in ALL if topic.event is not None and not topic.is_inbox]
WORKED = ("image-requested", "image-submitted", "image-analyzed", "analysis-failed")


def as_read(poison: PoisonRecord, topic: str) -> Record:
    return Record(topic, 0, 0, 0, poison.key, poison.value, poison.headers)


@EVENTS
def test_what_is_written_is_read_back(event: RequestFact) -> None:
    envelope = decode(record_of(event), topic_of(type(event)))

    assert envelope.event == event
    assert envelope.event_id == event_id(event)
    assert envelope.traceparent == TRACEPARENT


@EVENTS
def test_the_sdk_reads_the_same_event(event: RequestFact) -> None:
    before = datetime.now(UTC)
    record = record_of(event)
    headers = {name: value for name, value in record.headers if value is not None}
    read = from_binary(KafkaMessage(headers, record.key, record.value or b""), JSONFormat())

    assert read.get_specversion() == "1.0"
    assert read.get_id() == event_id(event)
    assert read.get_source() == "test"
    assert read.get_type() == f"io.imageanalyzer.{topic_of(type(event)).name}.v1"
    assert read.get_subject() == event.key
    assert read.get_datacontenttype() == "application/json"
    assert read.get_extension("tenantid") == event.tenant_id
    assert read.get_data() == json.loads(event.to_json())
    written_at = read.get_time()
    assert written_at is not None
    assert timedelta() <= written_at - before < timedelta(minutes=1)


@EVENTS
def test_what_the_sdk_writes_is_read(event: RequestFact) -> None:
    record = record_of(event)
    headers = {name: value for name, value in record.headers if value is not None}
    read = from_binary(KafkaMessage(headers, record.key, record.value or b""), JSONFormat())
    written = to_binary(read, JSONFormat(), key_mapper=lambda _: event.key)

    again = replace(record, value=written.value, headers=tuple(written.headers.items()))
    assert decode(again, topic_of(type(event))).event == event


def test_without_a_trace_there_is_no_traceparent() -> None:
    out = encode(analysis_failed(), topic_of(type(analysis_failed())), source="s", traceparent=None)
    assert "traceparent" not in dict(out.headers)


def test_a_repeat_of_the_same_fact_has_the_same_id_and_body() -> None:
    event = analysis_failed()
    again = type(event).read(event.to_json())

    assert event_id(again) == event_id(event)
    assert again.to_json() == event.to_json()


def test_another_request_tenant_or_kind_of_event_has_another_id() -> None:
    event = image_submitted()
    others = [
        image_submitted(),
        image_submitted("globex", request_id=event.request_id),
        analysis_failed(request_id=event.request_id),
        image_analyzed(request_id=event.request_id),
    ]
    assert len({event_id(one) for one in (event, *others)}) == 5


def test_ids_are_those_of_every_earlier_release() -> None:
    """They are in logs and in clients' hands: neither namespace nor recipe may change."""
    submitted = image_submitted(request_id="0198d2c4-7a10-7c3e-9b54-3f6a1e2d8c90")
    assert event_id(submitted) == "d34e3df1-5b5e-559c-8671-e3d4884655e9"


@pytest.mark.parametrize("topic", REQUEST_TOPICS, ids=lambda t: t.name)
def test_every_lane_and_retry_topic_takes_the_event_of_its_home(topic: Topic) -> None:
    event = next(one for one in one_of_each() if type(one) is topic.event)
    record = record_of(event, topic)
    assert record.topic == topic.name
    assert decode(record, topic).event == event


@pytest.mark.parametrize("topic", DEAD_LETTERS, ids=lambda topic: topic.name)
def test_a_topic_without_an_event_takes_nothing(topic: Topic) -> None:
    with pytest.raises(InvalidMessageError, match="type_unknown"):
        decode(record_of(image_submitted()), topic)


@pytest.mark.parametrize("topic", WORKED)
@pytest.mark.parametrize("poison", poison_records("image-submitted"), ids=lambda p: p.name)
def test_poison_is_refused_by_its_reason(topic: str, poison: PoisonRecord) -> None:
    spoilt = next(one for one in poison_records(topic) if one.name == poison.name)
    with pytest.raises(InvalidMessageError) as refusal:
        decode(as_read(spoilt, topic), topic_named(topic))

    assert refusal.value.reason == spoilt.reason
    assert len(refusal.value.detail) <= 600
    assert str(refusal.value) == f"{spoilt.reason}: {refusal.value.detail}"


@pytest.mark.parametrize("poison", poison_records("image-submitted"), ids=lambda p: p.name)
def test_poison_names_its_request_when_key_and_body_agree(poison: PoisonRecord) -> None:
    named = request_named_by(as_read(poison, "image-submitted"))
    assert (named is not None) == poison.names_request
    if named is not None:
        assert named.key.encode() == poison.key


def test_a_record_names_nobody_elses_request() -> None:
    mine, theirs = record_of(image_submitted()), record_of(image_submitted("globex"))
    assert request_named_by(replace(mine, value=theirs.value)) is None


def test_fields_of_a_newer_version_are_ignored() -> None:
    good = good_record("image-analyzed")
    body = json.loads(good.value or b"")
    body["x_later"] = {"deep": [1, 2]}
    body["result"]["detected_objects"][0]["x_mask"] = "…"
    record = as_read(replace(good, value=json.dumps(body).encode()), "image-analyzed")

    decoded = decode(record, topic_named("image-analyzed")).event
    assert b"x_later" not in decoded.to_json()


def test_a_value_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    record = record_of(image_submitted())
    room = IMAGE_SUBMITTED.max_message_bytes - len(record.value or b"")
    full = replace(record, value=(record.value or b"") + b" " * room)
    assert decode(full, IMAGE_SUBMITTED).event_id == full.header("ce_id")

    with pytest.raises(InvalidMessageError, match=r"size_exceeded: 1000001 bytes, limit 1000000"):
        decode(replace(full, value=(full.value or b"") + b" "), IMAGE_SUBMITTED)


def test_the_refusal_repeats_no_value_of_the_body() -> None:
    good = good_record("image-requested")
    body = json.loads(good.value or b"")
    body["image_url"] = {"secret": "https://user:password@host/"}
    record = as_read(replace(good, value=json.dumps(body).encode()), "image-requested")
    with pytest.raises(InvalidMessageError) as refusal:
        decode(record, topic_named("image-requested"))

    assert refusal.value.detail.startswith("image_url: ")
    assert "password" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def reason_of(record: Record) -> str:
    with pytest.raises(InvalidMessageError) as refused:
        decode(record, IMAGE_SUBMITTED)
    return refused.value.reason


def test_what_stands_for_an_unreadable_batch_is_refused_as_such() -> None:
    good = record_of(image_submitted())
    batch = UnreadableBatch.of(good.value or b"", first_offset=0, detail="no records")
    assert reason_of(replace(good, value=batch)) == "batch_unreadable"
    assert reason_of(replace(good, key=None, value=batch, headers=())) == "batch_unreadable"


def test_a_value_that_was_left_packed_is_refused_by_its_own_size() -> None:
    good = record_of(image_submitted())
    packed = LargeValue.of(good.value or b"", size_bytes=IMAGE_SUBMITTED.max_message_bytes + 1)
    assert reason_of(replace(good, value=packed)) == "size_exceeded"


def test_a_header_whose_name_is_no_text_is_refused() -> None:
    good = record_of(image_submitted())
    odd = replace(good, headers=(*good.headers, (header_name(b"x-\xff"), b"1")))
    assert reason_of(odd) == "headers_invalid"


@pytest.mark.parametrize(
    "text", ["", "x", "00-" + "a" * 5000, TRACEPARENT.upper(), TRACEPARENT * 2]
)
def test_a_trace_that_is_none_is_not_handed_on(text: str) -> None:
    record = record_of(image_submitted())
    kept = tuple(header for header in record.headers if header[0] != "traceparent")
    traced = replace(record, headers=(*kept, ("traceparent", text.encode())))
    assert trace_of(traced) is None
    assert decode(traced, IMAGE_SUBMITTED).traceparent is None
    assert (
        trace_of(replace(record, headers=(("traceparent", TRACEPARENT.encode()),))) == TRACEPARENT
    )


def test_a_record_that_is_larger_than_any_fact_names_nobody() -> None:
    record = record_of(image_submitted())
    assert request_named_by(record) is not None
    padded = (record.value or b"")[:-1] + b" " * 1_000_000 + b"}"
    assert request_named_by(replace(record, value=padded)) is None

"""The records of outside producers: decoded like all others, believed in nothing."""

import json
from dataclasses import replace

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from schemas.contract import RequestEvent
from schemas.events import ImageRequestedInbox, ImageSubmittedInbox, InboxEvent
from schemas.options import AnalysisOptions
from tests.support.events import (
    TRACEPARENT,
    image_requested_inbox,
    image_submitted,
    image_submitted_inbox,
    placed,
    record_of,
)
from tests.support.poison_inbox import poison_inbox_records
from tests.support.poison_records import PoisonRecord
from topics.catalog import INBOXES, Topic, topic_named, topic_of
from topics.codec import (
    Claims,
    claims_of,
    decode,
    encode_inbox,
    request_id_in,
    request_named_by,
)
from topics.errors import InvalidMessageError
from topics.records import Record

EVENTS = pytest.mark.parametrize(
    "event", [image_requested_inbox(), image_submitted_inbox()], ids=lambda e: type(e).__name__
)
LATER_REASONS = {"key_mismatch", "credential_missing", "credential_invalid"}
"""Decided by whoever admits the record."""


def inbox_record(event: InboxEvent, *, credential: str | None = "a-key") -> Record:
    return placed(encode_inbox(event, "acme", source="camera", credential=credential))


def with_header(record: Record, name: str, value: bytes | None) -> Record:
    kept = tuple(header for header in record.headers if header[0] != name)
    return replace(record, headers=(*kept, (name, value)))


@EVENTS
def test_what_a_producer_sends_is_read_with_what_it_claims(event: InboxEvent) -> None:
    record = with_header(inbox_record(event), "traceparent", TRACEPARENT.encode())
    envelope = decode(record, topic_of(type(event)))
    assert envelope.event == event
    assert envelope.event_id == record.header("ce_id")
    assert envelope.traceparent == TRACEPARENT
    key = f"acme/{event.request_id}"
    assert envelope.claims == Claims("Bearer a-key", frozenset({key}), frozenset())
    assert record.key == key.encode()
    assert not isinstance(envelope.event, RequestEvent)


def test_an_event_of_ours_claims_nothing() -> None:
    event = image_submitted()
    assert decode(record_of(event), topic_of(type(event))).claims is None


@EVENTS
def test_the_sdk_reads_the_same_event(event: InboxEvent) -> None:
    record = inbox_record(event)
    headers = {name: value for name, value in record.headers if value is not None}
    read = from_binary(KafkaMessage(headers, record.key, record.value or b""), JSONFormat())
    assert read.get_id() == record.header("ce_id")
    assert read.get_type() == f"io.imageanalyzer.{topic_of(type(event)).name}.v1"
    assert read.get_subject() == f"acme/{event.request_id}"
    assert read.get_source() == "camera"
    assert read.get_data() == json.loads(event.to_json())


def test_a_repeat_has_the_same_id_and_another_tenant_another() -> None:
    event = image_requested_inbox()

    def id_of(tenant_id: str) -> str | None:
        sent = encode_inbox(event, tenant_id, source="x", credential=None)
        return placed(sent).header("ce_id")

    assert id_of("acme") == id_of("acme") != id_of("globex")


def test_without_a_credential_none_is_written() -> None:
    record = inbox_record(image_requested_inbox(), credential=None)
    assert record.header("authorization") is None
    assert claims_of(record).credential is None


def test_key_subject_and_tenant_are_claimed_by_whoever_writes_them() -> None:
    record = inbox_record(image_requested_inbox())
    record = replace(record, key=b"globex/1")
    record = with_header(record, "ce_subject", b"initech/2")
    record = with_header(record, "ce_tenantid", b"hooli")
    claims = decode(record, topic_named(record.topic)).claims
    assert claims is not None
    assert claims.keys == {"globex/1", "initech/2"}
    assert claims.tenants == {"hooli"}


@pytest.mark.parametrize("key", [None, b""])
def test_what_is_left_out_is_not_claimed(key: bytes | None) -> None:
    record = replace(inbox_record(image_requested_inbox()), key=key)
    for name in ("ce_subject", "ce_tenantid"):
        record = with_header(record, name, None)
    claims = claims_of(record)
    assert (claims.keys, claims.tenants) == (frozenset(), frozenset())
    assert decode(record, topic_named(record.topic)).claims == claims


def test_a_key_in_broken_utf_8_is_claimed_and_is_nobodys() -> None:
    event = image_requested_inbox()
    record = replace(inbox_record(event), key=f"acme/{event.request_id}".encode() + b"\xff")
    own = f"acme/{event.request_id}"
    assert claims_of(record).keys == {own, own + "\N{REPLACEMENT CHARACTER}"}


def test_only_the_request_and_the_picture_are_required() -> None:
    event = image_requested_inbox(options=AnalysisOptions(max_objects=7))
    least = {"request_id": str(event.request_id), "image_url": event.image_url}
    record = replace(inbox_record(event), value=json.dumps(least).encode())
    read = decode(record, topic_named(record.topic)).event
    assert isinstance(read, ImageRequestedInbox)
    assert (read.lane, read.deadline_at, read.options) == ("interactive", None, AnalysisOptions())


def test_a_named_threshold_is_written_as_its_number() -> None:
    event = image_submitted_inbox()
    body = json.loads(event.to_json()) | {"options": {"confidence_threshold": "high"}}
    record = replace(inbox_record(event), value=json.dumps(body).encode())
    read = decode(record, topic_named(record.topic)).event
    assert isinstance(read, ImageSubmittedInbox)
    assert read.options.confidence_threshold == 0.7


def test_a_tenant_in_the_body_is_passed_over() -> None:
    """As every field that a newer producer may send."""
    event = image_requested_inbox()
    body = json.loads(event.to_json()) | {"tenant_id": "globex", "x_later": [1]}
    record = replace(inbox_record(event), value=json.dumps(body).encode())
    assert decode(record, topic_named(record.topic)).event == event


@pytest.mark.parametrize("topic", INBOXES, ids=lambda topic: topic.name)
@pytest.mark.parametrize(
    "name",
    [each.name for each in poison_inbox_records(INBOXES[0].name, tenant_id="acme", credential="k")],
)
def test_poison_is_refused_by_its_reason_or_left_to_admission(topic: Topic, name: str) -> None:
    found = poison_inbox_records(topic.name, tenant_id="acme", credential="k")
    poison = next(each for each in found if each.name == name)
    record = as_read(poison, topic.name)
    if poison.reason in LATER_REASONS:
        assert decode(record, topic).claims is not None
        return
    with pytest.raises(InvalidMessageError) as refusal:
        decode(record, topic)
    assert refusal.value.reason == poison.reason


def as_read(poison: PoisonRecord, topic: str) -> Record:
    return Record(topic, 0, 0, 0, poison.key, poison.value, poison.headers)


def test_the_request_that_a_broken_body_means_is_told_when_it_can_be_read() -> None:
    event = image_submitted_inbox()
    record = inbox_record(event)
    assert request_id_in(record) == event.request_id
    only = json.dumps({"request_id": str(event.request_id), "size_bytes": "many"}).encode()
    assert request_id_in(replace(record, value=only)) == event.request_id
    for value in (None, b"", b"{}", b"[]", b'{"request_id": "42"}', b"[" * 100_000, b"\xff"):
        assert request_id_in(replace(record, value=value)) is None
    padded = only[:-1] + b" " * 1_000_000 + b"}"
    assert request_id_in(replace(record, value=padded)) is None


def test_an_inbox_event_names_no_request_of_ours() -> None:
    assert request_named_by(inbox_record(image_submitted_inbox())) is None

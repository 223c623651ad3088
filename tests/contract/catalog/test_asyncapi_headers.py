"""The headers that the AsyncAPI document describes are those that the code reads and writes."""

from dataclasses import replace
from uuid import uuid4

import pytest

from processors.refusals import Refusals
from schemas.events import ImageRequestedInbox
from schemas.failures import FailureCode
from storage.images_memory import MemoryImageStore
from telemetry.spans import UNTRACED
from telemetry.traces import to_trace
from tests.contract.catalog.asyncapi_document import (
    faults_by,
    header_names,
    message_of,
    required_headers,
)
from tests.support.events import TRACEPARENT, image_submitted, record_of
from topics.asyncapi_messages import DLQ_HEADERS, RETRY_HEADERS
from topics.catalog import (
    IMAGE_REQUESTED_INBOX,
    IMAGE_SUBMITTED,
    LOG_IDENTITY,
    topic_named,
)
from topics.codec import decode, encode, encode_inbox
from topics.dead_letters import REPLAYS, Refusal, dead_letter
from topics.errors import InvalidMessageError
from topics.memory import MemoryLog, MemoryPublisher
from topics.records import OutgoingRecord, Record
from topics.retries import later
from topics.sealed import UnreadableBatch

REFUSAL = Refusal("internal_error", "broke", "detector", 2, "KeyError", "acme")
WRITTEN = message_of(IMAGE_SUBMITTED.name)["headers"]
INBOX = message_of(IMAGE_REQUESTED_INBOX.name)["headers"]
RETRY = message_of(IMAGE_SUBMITTED.retry_name)["headers"]
LETTER = message_of(IMAGE_SUBMITTED.dead_letter_name)["headers"]


def headers_of(record: Record | OutgoingRecord) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in record.headers}


def inbox_record() -> Record:
    event = ImageRequestedInbox(request_id=uuid4(), image_url="https://pictures.example/1.jpg")
    sent = encode_inbox(event, "acme", source="camera", credential="a-key")
    trace = (("traceparent", TRACEPARENT.encode()), ("tracestate", b"acme=1"))
    headers = (*sent.headers, ("ce_tenantid", b"acme"), *trace)
    return Record(sent.topic, 0, 0, 0, sent.key, sent.value, headers)


def without(record: Record, header: str) -> Record:
    return replace(record, headers=tuple(h for h in record.headers if h[0] != header))


def is_taken(record: Record) -> bool:
    try:
        decode(record, topic_named(record.topic))
    except InvalidMessageError:
        return False
    return True


async def test_what_we_write_is_what_is_described() -> None:
    log = MemoryLog()
    with UNTRACED.span("x", "server", under=to_trace(TRACEPARENT, "acme=1")):
        await MemoryPublisher(log).publish(image_submitted())
    (sent,) = log.in_order
    assert faults_by(WRITTEN, headers_of(sent)) == []
    assert set(headers_of(sent)) == header_names(WRITTEN)
    untraced = encode(image_submitted(), IMAGE_SUBMITTED, source="api", traceparent=None)
    assert set(headers_of(untraced)) == required_headers(WRITTEN)


@pytest.mark.parametrize("header", sorted(header_names(INBOX)))
def test_an_inbox_demands_what_is_described_as_required(header: str) -> None:
    """The credential is demanded later: whoever admits the record checks it."""
    record = inbox_record()
    assert set(headers_of(record)) == header_names(INBOX)
    assert faults_by(INBOX, headers_of(record)) == []
    is_demanded = not is_taken(without(record, header)) or header == "authorization"
    assert is_demanded == (header in required_headers(INBOX))


def test_a_header_of_another_type_is_refused() -> None:
    headers = headers_of(inbox_record())
    assert faults_by(INBOX, headers | {"ce_type": "io.imageanalyzer.image-analyzed.v1"})
    assert faults_by(INBOX, headers | {"authorization": "a-key"})


def test_a_retry_adds_what_is_described() -> None:
    sent = later(record_of(image_submitted()), delay_s=20, rounds=1)
    added = set(headers_of(sent)) - set(headers_of(record_of(image_submitted())))
    assert added == header_names(RETRY) - header_names(WRITTEN) == set(RETRY_HEADERS)
    assert faults_by(RETRY, headers_of(sent)) == []


async def parked() -> Record:
    """A dead letter that has much to say: replayed before, and too large."""
    log = MemoryLog()
    record = replace(record_of(image_submitted()), value=b"x" * 2_500_000)
    record = replace(record, headers=(*record.headers, (REPLAYS, b"1")))
    refusals = Refusals(MemoryPublisher(log), MemoryImageStore())
    await refusals.write(record, REFUSAL, FailureCode.INTERNAL_ERROR)
    return log.records[IMAGE_SUBMITTED.dead_letter_name][-1]


def unreadable() -> OutgoingRecord:
    batch = UnreadableBatch.of(b"no records", first_offset=7, detail="no records")
    return dead_letter(replace(record_of(image_submitted()), value=batch), REFUSAL)


async def test_a_dead_letter_adds_what_is_described() -> None:
    letters = [headers_of(await parked()), headers_of(unreadable())]
    added = {name for letter in letters for name in letter if name.startswith("dlq-")}
    assert added == header_names(LETTER)
    assert [faults_by(LETTER, letter) for letter in letters] == [[], []]


def test_a_plain_dead_letter_has_the_required_headers_and_those_of_the_example() -> None:
    plain = dead_letter(record_of(image_submitted()), Refusal("x", "", "detector", 1))
    added = {name for name in headers_of(plain) if name.startswith("dlq-")}
    assert added == required_headers(LETTER)
    told = dead_letter(record_of(image_submitted()), Refusal("x", "broke", "detector", 1))
    assert {name for name in headers_of(told) if name.startswith("dlq-")} == set(DLQ_HEADERS)


def test_the_identity_has_no_headers() -> None:
    assert "headers" not in message_of(LOG_IDENTITY.name)

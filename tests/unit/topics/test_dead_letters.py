"""A dead letter is the record unchanged, with its story in headers beside it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from tests.support.events import image_submitted, placed, record_of
from topics.catalog import CONSUMED, DEAD_LETTER_BYTES, Topic
from topics.dead_letters import PARKED_AT, REPLAYS, Refusal, dead_letter, fits, parked_key
from topics.records import OutgoingRecord, Record
from topics.sealed import UnreadableBatch

RECORD = record_of(image_submitted(), partition=3, offset=1042)
REFUSAL = Refusal("body_invalid", "sha256: Field required", "detector", attempts=2)


def why(letter: OutgoingRecord) -> dict[str, str]:
    return {n: (v or b"").decode() for n, v in letter.headers if n.startswith("dlq-")}


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        replace(RECORD, key=None, value=None, headers=()),
        replace(RECORD, key=b"\xff", value=b"\x00\xff", headers=(("a", b"1"), ("a", None))),
    ],
    ids=["event", "nothing", "bytes"],
)
def test_bytes_and_headers_are_kept(record: Record) -> None:
    letter = dead_letter(record, REFUSAL)
    assert (letter.key, letter.value) == (record.key, record.value)
    assert letter.headers[: len(record.headers)] == record.headers


def test_the_headers_say_why_and_whence() -> None:
    before = datetime.now(UTC)
    said = why(dead_letter(RECORD, REFUSAL))

    failed_at = datetime.fromisoformat(said.pop("dlq-failed-at"))
    assert timedelta() <= failed_at - before < timedelta(minutes=1)
    assert said == {
        "dlq-reason": "body_invalid",
        "dlq-error-message": "sha256: Field required",
        "dlq-topic": "image-submitted",
        "dlq-partition": "3",
        "dlq-offset": "1042",
        "dlq-timestamp": "1772366400250",
        "dlq-group": "detector",
        "dlq-attempts": "2",
    }


def test_our_own_error_is_named_by_its_class_alone() -> None:
    refusal = replace(REFUSAL, error_class="ZeroDivisionError")
    assert why(dead_letter(RECORD, refusal))["dlq-error-class"] == "ZeroDivisionError"


def test_nobody_can_forge_the_story() -> None:
    forged = replace(RECORD, headers=(*RECORD.headers, ("dlq-reason", b"nothing"), ("dlq-x", b"y")))
    letter = dead_letter(forged, REFUSAL)
    assert [value for name, value in letter.headers if name == "dlq-reason"] == [b"body_invalid"]
    assert "dlq-x" not in why(letter)


def test_a_long_or_unwritable_message_is_cut_and_replaced() -> None:
    said = dead_letter(RECORD, replace(REFUSAL, message="\ud800" + "ü" * 5000))
    message = dict(said.headers)["dlq-error-message"] or b""
    assert message == ("?" + "ü" * 1023).encode()


@pytest.mark.parametrize("topic", CONSUMED, ids=lambda topic: topic.name)
def test_it_goes_to_the_dead_letters_of_its_topic(topic: Topic) -> None:
    assert dead_letter(replace(RECORD, topic=topic.name), REFUSAL).topic == f"{topic.name}-dlq"


def test_every_record_that_a_work_topic_takes_uncompressed_fits() -> None:
    largest = replace(RECORD, value=b"x" * 1_100_000)
    assert fits(dead_letter(largest, REFUSAL))


@pytest.mark.parametrize(
    "large",
    [
        replace(RECORD, value=bytes(DEAD_LETTER_BYTES)),
        replace(RECORD, key=bytes(DEAD_LETTER_BYTES), value=None),
        replace(RECORD, headers=(("a", bytes(DEAD_LETTER_BYTES)), ("b", None))),
    ],
    ids=["value", "key", "headers"],
)
def test_what_only_compression_made_small_does_not_fit(large: Record) -> None:
    assert not fits(dead_letter(large, REFUSAL))


def test_header_names_are_counted_as_they_are_written() -> None:
    assert not fits(dead_letter(replace(RECORD, headers=(("ü" * 990_000, b""),)), REFUSAL))


def test_what_a_retry_topic_holds_goes_to_the_dead_letters_of_its_origin() -> None:
    letter = dead_letter(replace(RECORD, topic="image-submitted-retry"), REFUSAL)
    assert letter.topic == "image-submitted-dlq"
    assert why(letter)["dlq-topic"] == "image-submitted-retry"


@pytest.mark.parametrize(
    ("topic", "kept"), [("image-submitted", b"the batch"), ("image-submitted-inbox", None)]
)
def test_an_unreadable_batch_is_kept_as_it_lay_but_not_where_it_may_hold_a_credential(
    topic: str, kept: bytes | None
) -> None:
    batch = UnreadableBatch.of(b"the batch", first_offset=1040, detail="no records")
    letter = dead_letter(replace(RECORD, topic=topic, key=None, value=batch, headers=()), REFUSAL)
    assert letter.value == kept
    said = why(letter)
    assert (said["dlq-first-offset"], said["dlq-offset"]) == ("1040", "1042")
    assert said["dlq-content"] == "kafka-record-batch"
    assert said["dlq-size-bytes"] == "9"
    assert said["dlq-sha256"] == sha256(b"the batch").hexdigest()


@pytest.mark.parametrize(
    "name", ["authorization", "Authorization", "AUTHORIZATION", "aUTHORIZATION"]
)
@pytest.mark.parametrize("topic", [topic.name for topic in CONSUMED])
def test_a_credential_is_redacted_however_its_header_is_written(topic: str, name: str) -> None:
    secret = (name, b"Bearer the-secret")
    record = replace(RECORD, topic=topic, headers=(*RECORD.headers, secret, secret))
    letter = dead_letter(record, REFUSAL)
    assert [value for header, value in letter.headers if header == name] == [b"redacted"] * 2
    assert b"the-secret" not in repr(letter).encode()
    assert letter.headers[: len(RECORD.headers)] == RECORD.headers


def test_a_credential_that_is_null_is_redacted_too() -> None:
    record = replace(RECORD, headers=(("authorization", None),))
    assert dead_letter(record, REFUSAL).headers[0] == ("authorization", b"redacted")


def test_whose_credential_was_good_is_said_and_nobody_else_says_it() -> None:
    forged = replace(RECORD, headers=(*RECORD.headers, ("dlq-tenantid", b"globex")))
    said = why(dead_letter(forged, replace(REFUSAL, tenant_id="acme")))
    assert said["dlq-tenantid"] == "acme"
    assert "dlq-tenantid" not in why(dead_letter(forged, REFUSAL))


def test_how_often_it_was_replayed_stays_on_it() -> None:
    record = replace(RECORD, headers=((REPLAYS, b"2"), ("dlq-reason", b"old"), *RECORD.headers))
    letter = dead_letter(record, REFUSAL)
    assert [value for name, value in letter.headers if name == REPLAYS] == [b"2"]
    assert why(letter)["dlq-reason"] == "body_invalid"


def test_where_a_value_was_parked_before_is_not_kept() -> None:
    record = replace(RECORD, headers=((PARKED_AT, b"_dead-letters/somebody-s"),))
    assert parked_key(placed(dead_letter(record, REFUSAL))) is None

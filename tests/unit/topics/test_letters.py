"""A dead letter as the operator reads it, whoever wrote it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.support.events import (
    image_analyzed,
    image_submitted,
    image_submitted_inbox,
    placed,
    record_of,
)
from topics.catalog import CONSUMED, IMAGE_SUBMITTED, Topic, topic_named
from topics.codec import encode_inbox
from topics.dead_letters import REPLAYS, Refusal, dead_letter
from topics.letters import MOST_REPLAYS, DeadLetter, to_letter
from topics.records import Record
from topics.retries import later

RECORD = record_of(image_submitted(), partition=3, offset=1042)
REFUSAL = Refusal("internal_error", "unexpected error", "detector", 2, "KeyError")


def letter_of(record: Record = RECORD, refusal: Refusal = REFUSAL) -> DeadLetter:
    return to_letter(placed(dead_letter(record, refusal), partition=1, offset=9))


def with_header(letter: DeadLetter, name: str, value: bytes | None) -> DeadLetter:
    headers = (*letter.record.headers, (name, value))
    return to_letter(replace(letter.record, headers=headers))


@pytest.mark.parametrize("topic", CONSUMED, ids=lambda topic: topic.name)
def test_it_knows_where_its_record_was(topic: Topic) -> None:
    letter = letter_of(replace(RECORD, topic=topic.name))
    assert letter.origin is topic
    assert letter.place == (topic.dead_letter_name, 1, 9)


def test_of_a_record_that_waited_the_origin_is_where_it_is_worked() -> None:
    waited = placed(later(RECORD, delay_s=0, rounds=1))
    assert letter_of(waited).origin is IMAGE_SUBMITTED


def test_it_says_what_the_refusal_said() -> None:
    letter = letter_of()
    assert letter.about("reason") == "internal_error"
    assert letter.about("offset") == "1042"
    assert letter.about("nothing") == ""
    assert (datetime.now(UTC) - letter.failed_at).total_seconds() < 60


@pytest.mark.parametrize("topic", ["", "cats", "image-requested", "image-submitted-dlq", "\xff"])
def test_one_that_somebody_else_put_there_is_of_the_topic_it_lies_in(topic: str) -> None:
    letter = with_header(letter_of(), "dlq-topic", topic.encode())
    assert letter.origin is IMAGE_SUBMITTED
    bare = to_letter(Record("image-submitted-dlq", 0, 0, 5000, None, None, ()))
    assert bare.origin is IMAGE_SUBMITTED
    assert (bare.tenant_id, bare.request_id, bare.replays) == ("", None, 0)
    assert bare.failed_at == datetime.fromtimestamp(5, UTC)


def test_a_record_of_ours_names_its_request_by_its_key() -> None:
    event = image_analyzed("globex")
    letter = letter_of(record_of(event))
    assert (letter.tenant_id, letter.request_id) == ("globex", event.request_id)


@pytest.mark.parametrize("key", [None, b"", b"acme", b"acme/", b"acme/42", b"\xff/\xff", b"/"])
def test_a_key_that_is_none_names_nobody(key: bytes | None) -> None:
    letter = letter_of(replace(RECORD, key=key))
    assert (letter.tenant_id, letter.request_id) == ("", None)


def of_inbox(tenant_id: str) -> DeadLetter:
    sent = encode_inbox(image_submitted_inbox(), "acme", source="camera", credential="a-key")
    refusal = Refusal("object_missing", "", "admitter", 1, tenant_id=tenant_id)
    return letter_of(placed(sent), refusal)


def test_a_stranger_s_record_names_whom_its_credential_named() -> None:
    known, other, unknown = of_inbox("acme"), of_inbox("globex"), of_inbox("")
    assert (known.tenant_id, unknown.tenant_id) == ("acme", "")
    assert known.request_id is not None
    assert other.tenant_id == "globex"
    assert other.request_id is None, "the key names a request of another tenant"


def test_a_stranger_cannot_vouch_for_itself() -> None:
    sent = encode_inbox(image_submitted_inbox(), "acme", source="camera", credential="a-key")
    forged = replace(sent, headers=(*sent.headers, ("dlq-tenantid", b"acme")))
    letter = letter_of(placed(forged), Refusal("credential_invalid", "", "admitter", 1))
    assert letter.tenant_id == ""


def test_on_its_way_back_the_record_is_as_it_was_with_one_more_replay_counted() -> None:
    waited = placed(later(RECORD, delay_s=0, rounds=1))
    back = letter_of(waited).original(RECORD.value)
    assert (back.topic, back.key, back.value) == (RECORD.topic, RECORD.key, RECORD.value)
    assert back.headers == (*RECORD.headers, (REPLAYS, b"1"))


def test_replays_are_counted_from_letter_to_letter() -> None:
    record = RECORD
    for number in (1, 2, 3):
        assert letter_of(record).replays == number - 1
        record = placed(letter_of(record).original(record.value))
        assert [value for name, value in record.headers if name == REPLAYS] == [b"%d" % number]
    assert letter_of(record).replays == MOST_REPLAYS


@pytest.mark.parametrize("text", [b"-1", b"many", b"1000", b"\xff", "٣".encode(), b"1e1"])
def test_a_count_that_is_none_counts_as_all_there_are(text: bytes) -> None:
    assert with_header(letter_of(), REPLAYS, text).replays == MOST_REPLAYS


@pytest.mark.parametrize("text", [b"", b"yesterday", b"\xff"])
def test_a_moment_that_is_none_is_that_of_the_record(text: bytes) -> None:
    letter = with_header(letter_of(), "dlq-failed-at", text)
    assert letter.failed_at == letter.record.at


def test_as_it_is_listed_it_holds_no_value() -> None:
    letter = letter_of()
    listed = letter.without_value()
    assert letter.record.value is not None
    assert listed.record.value is None
    assert (listed.place, listed.origin) == (letter.place, letter.origin)
    assert topic_named(listed.record.topic).name == "image-submitted-dlq"

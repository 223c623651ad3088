"""A record keeps everything on its way through the retry topic, and waits no longer than due."""

import time
from dataclasses import replace

import pytest

from tests.support.events import image_submitted, placed, record_of
from topics.catalog import CONSUMED, Topic
from topics.retries import back_to_origin, due_in_s, later, origin_of, rounds_so_far

RECORD = record_of(image_submitted())


def test_a_retry_keeps_key_value_and_headers() -> None:
    out = later(RECORD, delay_s=20, rounds=1)
    assert out.topic == "image-submitted-retry"
    assert (out.key, out.value) == (RECORD.key, RECORD.value)
    assert out.headers[: len(RECORD.headers)] == RECORD.headers


def test_it_is_due_after_the_delay() -> None:
    assert 19 < due_in_s(placed(later(RECORD, delay_s=20, rounds=1))) <= 20
    assert due_in_s(placed(later(RECORD, delay_s=-1, rounds=1))) == 0
    assert due_in_s(RECORD) == 0


def test_the_marks_of_an_earlier_round_are_replaced() -> None:
    once = placed(later(RECORD, delay_s=20, rounds=1))
    twice = later(replace(once, topic=RECORD.topic), delay_s=20, rounds=2)
    names = [name for name, _ in twice.headers]
    assert rounds_so_far(placed(twice)) == 2
    assert names.count("retry-rounds") == names.count("retry-not-before") == 1


@pytest.mark.parametrize(
    "text", [b"", b"-1", b"many", b"1e3", b"1000", b"\xff", "٣".encode(), None]
)
def test_senseless_rounds_count_as_none(text: bytes | None) -> None:
    assert rounds_so_far(replace(RECORD, headers=(("retry-rounds", text),))) == 0


@pytest.mark.parametrize("text", [b"", b"soon", b"-5", b"9" * 16, b"\xff", "٣".encode(), None])
def test_a_senseless_moment_is_due_at_once(text: bytes | None) -> None:
    assert due_in_s(replace(RECORD, headers=(("retry-not-before", text),))) == 0


@pytest.mark.parametrize("topic", [t for t in CONSUMED if t.has_retry], ids=lambda t: t.name)
def test_it_comes_back_to_where_it_was(topic: Topic) -> None:
    record = replace(RECORD, topic=topic.name)
    back = back_to_origin(placed(later(record, delay_s=0, rounds=1)))
    assert back.topic == topic.name
    assert (back.key, back.value) == (record.key, record.value)
    assert rounds_so_far(placed(back)) == 1


def test_due_is_measured_from_now() -> None:
    soon = str(int((time.time() + 0.5) * 1000)).encode()
    assert 0 < due_in_s(replace(RECORD, headers=(("retry-not-before", soon),))) <= 0.5


def test_nothing_keeps_its_partition_waiting_for_longer_than_an_hour() -> None:
    assert due_in_s(replace(RECORD, headers=(("retry-not-before", b"9" * 15),))) == 3600


def test_only_a_retry_topic_has_another_origin() -> None:
    assert origin_of("image-submitted-retry") == "image-submitted"
    assert origin_of("image-submitted") == "image-submitted"
    assert origin_of("log-identity") == "log-identity"

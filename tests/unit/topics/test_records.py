"""Records as read: repeated, null and broken headers, and any timestamp."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.support.events import image_submitted, record_of

RECORD = record_of(image_submitted(), partition=3, offset=1042)


def test_the_last_of_repeated_headers_counts() -> None:
    record = replace(RECORD, headers=(("a", b"1"), ("b", b"2"), ("a", b"3")))
    assert record.header("a") == "3"
    assert record.header("c") is None


def test_a_null_header_counts_as_absent_and_broken_utf8_is_replaced() -> None:
    record = replace(RECORD, headers=(("a", None), ("b", b"\xff")))
    assert record.header("a") is None
    assert record.header("b") == "\N{REPLACEMENT CHARACTER}"


def test_the_place_names_topic_partition_and_offset() -> None:
    assert RECORD.place == "image-submitted[3]@1042"


def test_the_moment_is_in_utc() -> None:
    assert RECORD.at == datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("timestamp_ms", [2**63 - 1, -(2**63), 10**15])
def test_a_timestamp_that_no_calendar_holds_counts_as_1970(timestamp_ms: int) -> None:
    assert replace(RECORD, timestamp_ms=timestamp_ms).at == datetime(1970, 1, 1, tzinfo=UTC)

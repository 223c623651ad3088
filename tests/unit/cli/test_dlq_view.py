"""What the terminal shows of a dead letter; nobody's text does anything there."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cli.dlq_view import document_of, line_of, page_of, summary_of
from storage.letter_book import Handling
from tests.support.events import image_submitted, new_request_id, record_of
from tests.unit.cli.letters import REFUSAL, REQUEST_ID, inbox_letter, letter_of
from topics.letters import DeadLetter
from topics.records import Record

RECORD = record_of(image_submitted(request_id=REQUEST_ID))
AT = "2026-03-01T12:00:00.25+00:00"
AGAIN = Handling("replayed", new_request_id(), datetime(2026, 3, 2, tzinfo=UTC))
HOSTILE = "\x1b[31mred\x1b[0m\x07\r\x9b2J\u202e\u2028\x00"
"""Colours, a bell, back to the start of the line, C1's clear-screen, right-to-left, a new line."""


def test_a_line_says_where_when_why_and_whose() -> None:
    letter = letter_of(failed_at=AT)
    line = f"image-submitted-dlq[3]@17  2026-03-01T12:00:00Z  internal_error  acme/{REQUEST_ID}"
    assert line_of(letter, None) == line
    assert line_of(letter, AGAIN) == f"{line}  replayed"


def test_a_line_of_a_record_that_says_nothing() -> None:
    record = Record("image-submitted-dlq", 0, 5, 0, None, None, ())
    line = line_of(DeadLetter(record, letter_of().origin), None)
    assert line == "image-submitted-dlq[0]@5  1970-01-01T00:00:00Z  -  -"


def test_a_document_says_all_of_it_to_programs() -> None:
    text = document_of(letter_of(failed_at=AT), AGAIN)
    assert "\n" not in text
    assert json.loads(text) == {
        "place": "image-submitted-dlq[3]@17",
        "failed_at": "2026-03-01T12:00:00.250000+00:00",
        "topic": "image-submitted",
        "reason": "internal_error",
        "message": "unexpected error",
        "error_class": "KeyError",
        "tenant_id": "acme",
        "request_id": str(REQUEST_ID),
        "attempts": "2",
        "replays": 0,
        "handled": "replayed",
        "replayed_as": str(AGAIN.request_id),
    }


def test_a_document_of_a_stranger_s_record_believes_only_the_credential() -> None:
    known = json.loads(document_of(inbox_letter(tenant_id="acme"), None))
    assert (known["tenant_id"], known["request_id"]) == ("acme", str(REQUEST_ID))
    unknown = json.loads(document_of(inbox_letter("credential_invalid", tenant_id=""), None))
    assert unknown["tenant_id"] is None
    assert (unknown["handled"], unknown["replayed_as"]) == (None, None)


def test_a_page_has_every_header_and_the_value() -> None:
    letter = letter_of()
    page = page_of(letter, AGAIN)
    for name, value in letter.record.headers:
        assert f"\n{name}: {(value or b'').decode()}\n" in page
    assert f'"request_id": "{REQUEST_ID}"' in page
    assert page.endswith(f"replayed as {AGAIN.request_id} at 2026-03-02T00:00:00+00:00")
    assert page_of(letter_of(replace(RECORD, value=None)), None).endswith("(no value)")


def test_a_value_that_lies_in_the_bucket_is_said_where() -> None:
    letter = letter_of(object_key="_dead-letters/image-submitted/0/1")
    assert "in the bucket as _dead-letters/image-submitted/0/1" in page_of(letter, None)


def test_a_credential_is_on_no_page() -> None:
    assert "the-secret" not in page_of(inbox_letter(), None)
    assert "authorization: redacted" in page_of(inbox_letter(), None)


@pytest.mark.parametrize("value", [b"x" * 100_000, b'["' + b"x" * 100_000 + b'"]'])
def test_a_long_value_is_cut_and_its_size_said(value: bytes) -> None:
    page = page_of(letter_of(replace(RECORD, value=value)), None)
    assert len(page) < 8000
    assert page.endswith(f"… {len(value)} bytes in all")


def test_a_value_of_much_white_space_is_shown_whole() -> None:
    page = page_of(letter_of(replace(RECORD, value=b"{" + b" " * 100_000 + b"}")), None)
    assert page.endswith("\n{}")


def test_a_value_nested_too_deeply_is_shown_as_text() -> None:
    page = page_of(letter_of(replace(RECORD, value=b"[" * 100_000)), None)
    assert "[[[[" in page


def hostile_letters() -> dict[str, DeadLetter]:
    text = HOSTILE.encode()
    nested = json.dumps({HOSTILE: [HOSTILE]}, ensure_ascii=False).encode()
    escaped = json.dumps(HOSTILE).encode()
    return {
        "key": letter_of(replace(RECORD, key=text)),
        "key of an inbox": replace(inbox_letter(), record=replace(inbox_letter().record, key=text)),
        "value": letter_of(replace(RECORD, value=text)),
        "long value": letter_of(replace(RECORD, value=text * 1000)),
        "JSON value": letter_of(replace(RECORD, value=nested)),
        "escaped JSON value": letter_of(replace(RECORD, value=escaped)),
        "bytes": letter_of(replace(RECORD, key=b"\xff\x1b", value=b"\xff\x1b\xfe")),
        "header": letter_of(replace(RECORD, headers=(("x", text),))),
        "header name": letter_of(replace(RECORD, headers=((HOSTILE, b"x"),))),
        "message": letter_of(RECORD, replace(REFUSAL, message=HOSTILE)),
        "reason": letter_of(RECORD, replace(REFUSAL, reason=HOSTILE)),
        "object key": letter_of(object_key=HOSTILE),
    }


@pytest.mark.parametrize("name", hostile_letters())
def test_nobodys_text_colours_the_terminal_or_moves_the_cursor(name: str) -> None:
    letter = hostile_letters()[name]
    for shown in (
        line_of(letter, None),
        document_of(letter, None),
        page_of(letter, AGAIN),
        summary_of([letter]),
    ):
        assert all(char.isprintable() for line in shown.split("\n") for char in line), ascii(shown)
    assert "\n" not in line_of(letter, None)
    assert "\n" not in document_of(letter, None)


def test_what_is_printable_stays_readable() -> None:
    page = page_of(letter_of(replace(RECORD, key="straße/狗".encode())), None)
    assert "straße/狗" in page


def test_reasons_are_counted_the_most_frequent_first() -> None:
    letters = [letter_of(), inbox_letter(), inbox_letter()]
    assert summary_of(letters) == "3 dead letters: object_missing 2, internal_error 1"
    assert summary_of([]) == "0 dead letters"

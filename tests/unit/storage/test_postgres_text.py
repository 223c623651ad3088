"""No NUL reaches PostgreSQL, and nothing else changes."""

import json

import pytest

from storage.postgres_text import storable, storable_json

MARK = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("text", ["", "plain", "\0", "a\0b\0", "\\u0000", "\\\0", "\\\\\0\\u0000"])
def test_nul_is_replaced_in_text_and_in_json(text: str) -> None:
    expected = text.replace("\0", MARK)
    assert storable(text) == expected
    document = json.dumps({text: [text, text]}).encode()
    assert json.loads(storable_json(document)) == {expected: [expected, expected]}

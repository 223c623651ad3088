"""JSON that two readers could understand differently, that no store takes, or that costs."""

import time

import pytest

from ingest_api.strict_json import StrictJsonError, loads_strictly
from tests.support.within import crowd

REFUSED = {
    "NaN": ('{"a": NaN}', "not JSON"),
    "minus infinity": ("[-Infinity]", "not JSON"),
    "a number beyond a double": ("1e999", "too large"),
    "the same below zero": ('{"a": [-1e999]}', "too large"),
    "5000 digits": ("9" * 5000, "too large"),
    "400 digits": ("[" + "9" * 400 + "]", "too large"),
    "5000 digits below zero": ("-" + "9" * 5000, "too large"),
    "5000 digits before a point": ("9" * 5000 + ".0", "too large"),
    "a name twice": ('{"a": 1, "a": 1}', "occurs twice"),
    "a name twice, once escaped": ('{"a": 1, "\\u0061": 2}', "occurs twice"),
    "a name twice, inside": ('[{"b": {"a": 1, "a": 2}}]', "occurs twice"),
    "half a pair": ('"\\ud800"', "surrogate"),
    "the other half": ('["\\udfff"]', "surrogate"),
    "halves in the wrong order": ('"\\udc00\\ud800"', "surrogate"),
    "half a pair in a name": ('{"\\ud800": 1}', "surrogate"),
    "NUL": ('"a\\u0000b"', "NUL"),
    "NUL in a name": ('{"\\u0000": 1}', "NUL"),
    "depth 9": ("[" * 9 + "]" * 9, "nested"),
    "depth 500": ("[" * 500 + "]" * 500, "nested"),
    "depth 100,000": ("[" * 100_000 + "]" * 100_000, "nested"),
    "depth 100,000 of objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested"),
    "depth 100,000 without end": ("[" * 100_000, "nested"),
    "two values": ("{} {}", "not valid"),
    "a byte order mark": ("\ufeff{}", "not valid"),
    "a control character": ('"a\x01b"', "not valid"),
    "nothing": ("", "not valid"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason_and_soon(name: str) -> None:
    text, reason = REFUSED[name]
    began = time.monotonic()
    with pytest.raises(StrictJsonError, match=reason):
        loads_strictly(text.encode())
    assert time.monotonic() - began < 1 * crowd()


def test_bytes_that_are_no_utf_8() -> None:
    for body in (b'"\xff"', '"a"'.encode("utf-16"), b'"\xed\xa0\x80"'):
        with pytest.raises(StrictJsonError, match=r"UTF-8|not valid"):
            loads_strictly(body)


def test_what_is_taken_is_what_was_said() -> None:
    text = '{"a": [1, -2.5, 1e-400, true, null, "\\ud83d\\ude00", "é", {"b": {}}]}'
    assert loads_strictly(text.encode()) == {"a": [1, -2.5, 0.0, True, None, "😀", "é", {"b": {}}]}
    assert loads_strictly(b"[" * 8 + b"]" * 8) == [[[[[[[[]]]]]]]]

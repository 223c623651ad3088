"""A secret is found again, whatever it wears."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.support.secret_forms import forms, leaks

SECRET = 'p/ss+wörd & "more" of it'


@pytest.mark.parametrize("before", range(5))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_is_found_in_base64_of_a_longer_text(before: int, encode: object) -> None:
    assert callable(encode)
    whole: bytes = encode(b"x" * before + SECRET.encode() + b"y" * 7)
    assert leaks({"it": SECRET}, {"there": whole})


@pytest.mark.parametrize(
    "text",
    [SECRET, quote(SECRET), json.dumps({"a": SECRET}), SECRET.encode().hex()],
)
def test_it_is_found_in(text: str) -> None:
    (first, *_) = leaks({"it": SECRET}, {"there": f"...{text}...".encode()})
    assert first.startswith("it as ")
    assert first.endswith(" in there")


def test_it_is_not_found_where_it_is_not() -> None:
    others = [SECRET[:-1], SECRET.upper(), SECRET[::-1]]
    for other in others:
        everywhere = b" ".join(forms(other).values())
        assert leaks({"it": SECRET}, {"there": everywhere}) == []

"""What is an object key."""

import io

import pytest

from storage.object_keys import checked_key, is_object_key, read_exactly


@pytest.mark.parametrize("key", ["a", "acme/0b/ff", "A-b_c.d/e..f", "a" * 255, "a/" * 255 + "b"])
def test_keys(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize("key", ["", ".", "..", "a/.", "/a", "a//b", "a\n", "é", "a" * 256])
def test_no_keys(key: str) -> None:
    assert not is_object_key(key)
    with pytest.raises(ValueError, match="not an object key"):
        checked_key(key)


def test_exactly_as_many_bytes_as_announced() -> None:
    body = io.BytesIO(b"abcdef")
    assert read_exactly(body, 4) == b"abcd"
    with pytest.raises(ValueError, match="ended after 2 of 3"):
        read_exactly(body, 3)

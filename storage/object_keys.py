"""What may be an object key: the same rule for every image store."""

import re
from typing import BinaryIO

_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_LONGEST = 512


def is_object_key(key: str) -> bool:
    """Segments of letters, digits, `.`, `_` and `-` that do not begin with a dot, joined by `/`.

    So neither `..` nor an absolute path is one, and every key is a plain file name as well.
    """
    return len(key) <= _LONGEST and _KEY.fullmatch(key) is not None


def checked_key(key: str) -> str:
    """The key itself; ValueError when it is none, which is the caller's mistake."""
    if not is_object_key(key):
        raise ValueError(f"not an object key: {key[:80]!r}")
    return key


def read_exactly(body: BinaryIO, size_bytes: int) -> bytes:
    """The next `size_bytes` of the body; ValueError when it ends before."""
    found = body.read(size_bytes)
    if len(found) != size_bytes:
        raise ValueError(f"the body ended after {len(found)} of {size_bytes} bytes")
    return found

"""Text that PostgreSQL can hold: its `text` and `jsonb` have no room for the character NUL."""

import re

_NUL_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def storable(text: str) -> str:
    """NUL becomes U+FFFD, the replacement character; all else stays."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def storable_json(document: bytes) -> str:
    """The same for JSON, where NUL is written as an escape; an escaped backslash stays."""
    return _NUL_ESCAPE.sub(r"\1\\ufffd", document.decode())

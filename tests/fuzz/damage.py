"""Bytes and documents made wrong, for Hypothesis: a fault that it finds it makes as small as it
gets."""

import json
import struct
from typing import Any

from hypothesis import strategies as st

Json = Any
Path = tuple[str | int, ...]

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
_TELLING = (
    *(struct.pack(kind, number) for kind in (">I", "<I") for number in _NUMBERS),
    *(struct.pack(kind, number & 0xFFFF) for kind in (">H", "<H") for number in _NUMBERS),
    b"NaN", b"-Infinity", b"1e999", b"null", b"9" * 400, b'"\\ud800"', b"\\u0000", b"[" * 300,
    b'{"a":' * 300, b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"/", b"%00", b"\r\n",
)  # fmt: skip
_TEXTS = (
    "", "\x00", "\ud800", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-03-01T12:00:00", "2026-03-01T12:00:00Z", "1e3", "٣", "acme/globex", "ACME", "a" * 64,
    "../../etc/passwd", "acme/../globex/x", "acme/x\n", "image/jpeg\n",
)  # fmt: skip
ODD_URLS = (
    "http://10.1.0.1:99999/", "http://[::1]/", "http://[", "http://a@b/", "http://0x7f.1/",
    "HTTP://X.EXAMPLE.:80?q", "http://x.example/\u202e", "http://x.example/" + "q" * 2048,
    "http://x.example?" + "q" * (2048 - 17), "https://[::ffff:10.1.0.1]:8443/",
    "https://\uff41.example/", "http://metadata.google.internal./",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """With up to six pieces written over, cut out or put in; every other one near the beginning,
    where headers are."""
    for _ in range(draw(st.integers(1, 6))):
        near, far = st.integers(0, min(len(data), 64)), st.integers(0, len(data))
        at = draw(st.one_of(near, far))
        piece = draw(st.one_of(st.binary(max_size=24), st.sampled_from(_TELLING)))
        gone = draw(st.one_of(st.just(len(piece)), st.integers(0, 40), st.just(len(data))))
        data = data[:at] + piece + data[at + gone :]
    return data


def odd_values() -> st.SearchStrategy[Json]:
    """What a field may hold that should hold something else, with a liking for what is nearly
    right."""
    texts = st.one_of(st.sampled_from(_TEXTS + ODD_URLS), st.text(st.characters(), max_size=20))
    single = st.one_of(
        st.none(), st.booleans(), st.integers(), st.integers(2**63, 2**70), st.floats(), texts
    )
    return st.recursive(
        single,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)
        ),
        max_leaves=6,
    )


@st.composite
def changed(draw: st.DrawFn, body: bytes) -> bytes:
    """A JSON document with up to three fields taken away, added or given another value."""
    document = json.loads(body)
    for _ in range(draw(st.integers(1, 3))):
        places = paths(document)
        if not places:
            break
        *above, last = draw(st.sampled_from(places))
        holder = document
        for step in above:
            holder = holder[step]
        act = draw(st.sampled_from(["replace", "remove", "add"]))
        if act == "remove":
            del holder[last]
        elif act == "add" and isinstance(holder, dict):
            holder[draw(st.text(max_size=10))] = draw(odd_values())
        else:
            holder[last] = draw(odd_values())
    return json.dumps(document).encode()


def paths(document: Json, above: Path = ()) -> list[Path]:
    """To every value below the document."""
    if isinstance(document, dict):
        inner = list(document.items())
    elif isinstance(document, list):
        inner = list(enumerate(document))
    else:
        return []
    found = []
    for name, value in inner:
        found += [(*above, name), *paths(value, (*above, name))]
    return found

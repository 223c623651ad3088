"""Records as a stranger may write them: anything at all, or a good one with something wrong."""

from dataclasses import replace
from uuid import UUID

from hypothesis import strategies as st

from tests.fuzz.damage import changed, damaged
from topics.records import Headers, Record

REQUEST_ID = UUID("0198d2c4-7a10-7000-8000-000000000001")

_NAMES = st.one_of(
    st.sampled_from(["ce_id", "ce_type", "ce_subject", "ce_tenantid", "traceparent", "\ufffdx"]),
    st.text(max_size=10),
)
_VALUES = st.one_of(st.none(), st.binary(max_size=200))
_PARTS = st.sets(st.sampled_from(["key", "value", "headers"]), min_size=1)
_MOMENTS = st.integers(-(2**63), 2**63 - 1)


def timeless(record: Record) -> Record:
    """The same in every run."""
    at = ("ce_time", b"2026-03-01T12:00:00Z")
    headers = tuple(at if header[0] == "ce_time" else header for header in record.headers)
    return replace(record, headers=headers)


def anything(topic: str) -> st.SearchStrategy[Record]:
    headers = st.lists(st.tuples(_NAMES, _VALUES), max_size=10).map(tuple)
    return st.builds(
        Record, st.just(topic), st.just(0), st.just(0), _MOMENTS, _VALUES, _VALUES, headers
    )


@st.composite
def spoilt(draw: st.DrawFn, good: Record) -> Record:
    parts = draw(_PARTS)
    if "key" in parts:
        good = replace(good, key=draw(st.one_of(_VALUES, damaged(good.key or b""))))
    if "value" in parts:
        body = good.value or b""
        good = replace(good, value=draw(st.one_of(changed(body), damaged(body), _VALUES)))
    if "headers" in parts:
        good = replace(good, headers=draw(_headers(good.headers)))
    return replace(good, timestamp_ms=draw(_MOMENTS))


@st.composite
def _headers(draw: st.DrawFn, good: Headers) -> Headers:
    """One or two are taken away, changed, or come a second time with another value."""
    headers = list(good)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(headers) - 1))
        name, value = headers[at]
        act = draw(st.sampled_from(["remove", "change", "repeat", "add"]))
        if act == "remove":
            del headers[at]
        elif act == "add":
            headers.append((draw(_NAMES), draw(_VALUES)))
        else:
            other = (name, draw(st.one_of(_VALUES, damaged(value or b""))))
            headers[at : at + (act == "change")] = [other] if act == "change" else []
            headers += [other] if act == "repeat" else []
    return tuple(headers)

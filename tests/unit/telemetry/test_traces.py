"""Trace context is continued when it is valid, begun anew when it is not."""

import re

import pytest

from telemetry.traces import TraceContext, from_traceparent, new_trace

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


def test_a_callers_trace_goes_on_with_a_span_of_our_own() -> None:
    here = from_traceparent(GIVEN)
    assert here.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert here.span_id != "00f067aa0ba902b7"
    assert here.flags == "00"
    assert from_traceparent(here.traceparent).trace_id == here.trace_id


def test_each_hop_has_a_span_of_its_own() -> None:
    first = new_trace()
    second = first.child()
    assert (second.trace_id, second.flags) == (first.trace_id, first.flags)
    assert second.span_id != first.span_id


def test_a_new_trace_is_written_as_the_specification_has_it() -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", new_trace().traceparent)
    assert new_trace().trace_id != new_trace().trace_id
    assert TraceContext("a" * 32, "b" * 16).traceparent == f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.mark.parametrize(
    "text",
    [
        None, "", "nonsense", GIVEN.upper(), GIVEN + "-x", " " + GIVEN, GIVEN[:-1],
        "ff" + GIVEN[2:], f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01", GIVEN + "\r\nx: y",
    ],
)  # fmt: skip
def test_anything_else_begins_a_new_trace(text: str | None) -> None:
    started = from_traceparent(text)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", started.traceparent)
    assert started.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736"

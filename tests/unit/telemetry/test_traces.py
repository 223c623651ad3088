"""Trace context is continued when it is valid, begun anew when it is not."""

import re

import pytest

from telemetry.traces import TraceContext, current_trace, from_traceparent, new_trace, to_trace

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


def test_a_callers_place_in_its_trace_is_passed_on_as_it_came() -> None:
    here = from_traceparent(GIVEN)
    assert (here.trace_id, here.span_id) == (GIVEN[3:35], GIVEN[36:52])
    assert here.traceparent == GIVEN
    assert not here.is_sampled
    assert from_traceparent(GIVEN[:-1] + "1").is_sampled
    assert from_traceparent(GIVEN[:-1] + "2").traceparent == GIVEN[:-1] + "2"


def test_a_new_trace_is_recorded_by_nobody_yet() -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", new_trace().traceparent)
    assert new_trace().trace_id != new_trace().trace_id
    assert TraceContext("a" * 32, "b" * 16).traceparent == f"00-{'a' * 32}-{'b' * 16}-00"


def test_there_is_no_trace_outside_any_work() -> None:
    assert current_trace() is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("acme@vendor=1 , ,b=2 ", "acme@vendor=1,b=2"),
        (",".join(f"k{number}=1" for number in range(32)), None),
        (",".join(f"k{number}=1" for number in range(33)), ""),
        ("a=" + "x" * 511, ""),
        ("a=1,B=2", ""),
        ("a=1\r\nx: y", ""),
        ("a=1=2", ""),
        ("a", ""),
    ],
)
def test_what_others_noted_is_kept_when_it_is_valid(text: str, kept: str | None) -> None:
    here = to_trace(GIVEN, text)
    assert here is not None
    assert here.state == (text if kept is None else kept)


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
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", started.traceparent)
    assert started.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736"

"""Which spans are recorded, where they hang, and what becomes of them when something breaks."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from telemetry.spans import UNTRACED, Tracer, note_here, step
from telemetry.traces import TraceContext, current_trace, here_as_traceparent
from tests.support.kept_spans import KeptSpans

SAMPLED = TraceContext("a" * 32, "b" * 16, "01", "acme=1")
UNSAMPLED = TraceContext("c" * 32, "d" * 16, "00")


@pytest.fixture
def kept() -> KeptSpans:
    return KeptSpans()


def test_what_is_done_inside_is_below(kept: KeptSpans) -> None:
    with kept.tracer.span("asked", "server", under=SAMPLED) as asked:
        assert current_trace() == asked.trace
        assert here_as_traceparent() == asked.trace.traceparent
        with step("stored", "client", {"n": 1}):
            note_here({"m": 2})
    outer, inner = kept.spans
    assert (outer.under, inner.under) == (SAMPLED, outer.trace)
    assert outer.trace.state == inner.trace.state == "acme=1"
    assert inner.attributes == {"n": 1, "m": 2}
    assert outer.attributes == {}
    assert all(span.has_ended for span in kept.spans)
    assert current_trace() is None


def test_a_callers_flag_decides(kept: KeptSpans) -> None:
    never = Tracer(kept, sample_ratio=0)
    with never.span("kept", "server", under=SAMPLED):
        pass
    with (
        kept.tracer.span("not kept", "server", under=UNSAMPLED) as span,
        step("nor this", "client"),
    ):
        assert span.trace == UNSAMPLED
        assert current_trace() == UNSAMPLED
        note_here({"n": 1})
    with never.span("not kept", "server", under=None) as span:
        assert not span.trace.is_sampled
    assert [one.name for one in kept.spans] == ["kept"]


def test_a_batch_is_recorded_when_something_in_it_is(kept: KeptSpans) -> None:
    never = Tracer(kept, sample_ratio=0)
    with never.span("batch", "internal", under=None, links=[UNSAMPLED, SAMPLED]):
        pass
    always = kept.tracer
    with always.span("not kept", "internal", under=None, links=[UNSAMPLED]):
        pass
    (batch,) = kept.spans
    assert (batch.name, batch.links) == ("batch", (UNSAMPLED, SAMPLED))


def test_without_a_recorder_a_place_is_passed_on_as_it_came() -> None:
    with UNTRACED.span("asked", "server", under=SAMPLED) as span, step("stored", "client"):
        assert span.trace == current_trace() == SAMPLED
    with UNTRACED.span("asked", "server", under=None) as span:
        assert not span.trace.is_sampled
        assert current_trace() == span.trace


def test_an_error_is_noted_by_its_class_alone(kept: KeptSpans) -> None:
    with (
        pytest.raises(ValueError, match="hunter2"),
        kept.tracer.span("asked", "server", under=None),
        step("stored", "client"),
    ):
        raise ValueError("the password is hunter2")
    assert [span.error for span in kept.spans] == ["ValueError", "ValueError"]
    assert all(span.has_ended for span in kept.spans)
    assert "hunter2" not in repr(kept.spans)


async def test_work_that_is_cancelled_ends_its_spans(kept: KeptSpans) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        with kept.tracer.span("asked", "server", under=None):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (kept.spans[0].error, kept.spans[0].has_ended) == ("cancelled", True)


async def test_two_at_once_do_not_mix(kept: KeptSpans) -> None:
    meet = asyncio.Barrier(2)

    async def work(name: str) -> None:
        with kept.tracer.span(name, "server", under=None):
            await meet.wait()
            with step(f"{name} below", "client"):
                await meet.wait()

    await asyncio.gather(work("one"), work("two"))
    for name in ("one", "two"):
        assert kept.below(kept.one(name)) == [f"{name} below"]


async def test_a_generator_gives_its_place_to_nobody(kept: KeptSpans) -> None:
    async def frames() -> AsyncGenerator[int, None]:
        with kept.tracer.aside("frame", "internal", under=SAMPLED):
            yield 1
        with kept.tracer.aside("given up", "internal", under=SAMPLED):
            yield 2

    taking = frames()
    assert await anext(taking) == 1
    assert current_trace() is None
    assert await anext(taking) == 2
    await taking.aclose()
    assert [(one.name, one.error) for one in kept.spans] == [
        ("frame", None),
        ("given up", "cancelled"),
    ]
    assert all(span.has_ended for span in kept.spans)

"""Spans: what was done, where in which trace, and how long it took; recorded or not."""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal, Protocol

from telemetry.traces import HERE, TraceContext, new_trace

Kind = Literal["server", "client", "producer", "consumer", "internal"]
Attributes = Mapping[str, str | int | float | bool]
_NOTHING: Attributes = {}


class Recorded(Protocol):
    """A span that somebody keeps. Nothing of it leaves the process before `end`."""

    @property
    def trace(self) -> TraceContext: ...

    def note(self, attributes: Attributes) -> None: ...

    def rename(self, name: str) -> None: ...

    def fail(self, error_type: str) -> None: ...

    def end(self) -> None: ...


class Recorder(Protocol):
    """Keeps spans, unless it says None. `under` None begins a trace."""

    def begin(
        self,
        name: str,
        kind: Kind,
        *,
        under: TraceContext | None,
        links: Sequence[TraceContext],
        attributes: Attributes,
    ) -> Recorded | None: ...


class Span:
    """What the work inside can say of it. Of a trace that is not sampled nothing is kept, and
    nothing of what is said costs anything."""

    __slots__ = ("_recorded", "trace")

    def __init__(self, trace: TraceContext, recorded: Recorded | None = None) -> None:
        self.trace = trace
        self._recorded = recorded

    @property
    def is_recorded(self) -> bool:
        return self._recorded is not None

    def note(self, attributes: Attributes) -> None:
        if self._recorded is not None:
            self._recorded.note(attributes)

    def rename(self, name: str) -> None:
        if self._recorded is not None:
            self._recorded.rename(name)

    def fail(self, error_type: str) -> None:
        """It did not do what it is for. `error_type` is a class or a code, never a message: those
        quote addresses, and may quote more."""
        if self._recorded is not None:
            self._recorded.fail(error_type)

    def end(self) -> None:
        """Whoever opened it calls this, once."""
        if self._recorded is not None:
            self._recorded.end()


class Tracer:
    """Opens spans for whoever takes work in: a request, a record, a row. The spans of what is done
    for it are opened by `step`, wherever that is.

    A trace is recorded when its flags say so; of those that begin here, one in `1 / sample_ratio`.
    Without a recorder none is, and a caller's place in its trace is passed on as it came.
    """

    def __init__(self, recorder: Recorder | None = None, *, sample_ratio: float = 0.0) -> None:
        self._recorder = recorder
        self._sample_ratio = sample_ratio

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        *,
        under: TraceContext | None,
        links: Sequence[TraceContext] = (),
        attributes: Attributes = _NOTHING,
    ) -> Iterator[Span]:
        """Inside, what is done is done for this span. `links` are places in other traces: a root
        with links is recorded when one of them is. Raises nothing of its own; an error that
        passes through is noted by its class."""
        span = self._begin(name, kind, under, links, attributes)
        with _ended(span), _here(span, self):
            yield span

    @contextmanager
    def aside(
        self,
        name: str,
        kind: Kind,
        *,
        under: TraceContext | None,
        links: Sequence[TraceContext] = (),
        attributes: Attributes = _NOTHING,
    ) -> Iterator[Span]:
        """The same for a generator, which hands control to others inside: what they do is not
        done for this span."""
        span = self._begin(name, kind, under, links, attributes)
        with _ended(span):
            yield span

    def _begin(
        self,
        name: str,
        kind: Kind,
        under: TraceContext | None,
        links: Sequence[TraceContext],
        attributes: Attributes,
    ) -> Span:
        if self._recorder is None or not self._is_sampled(under, links):
            return Span(under or new_trace())
        recorded = self._recorder.begin(name, kind, under=under, links=links, attributes=attributes)
        return Span(under or new_trace()) if recorded is None else Span(recorded.trace, recorded)

    def _is_sampled(self, under: TraceContext | None, links: Sequence[TraceContext]) -> bool:
        if under is not None:
            return under.is_sampled
        if links:
            return any(link.is_sampled for link in links)
        return random.random() < self._sample_ratio  # noqa: S311 - nobody gains by guessing it


UNTRACED: Final = Tracer()
"""Records nothing; trace ids flow all the same."""


@contextmanager
def step(name: str, kind: Kind, attributes: Attributes = _NOTHING) -> Iterator[Span]:
    """A span below the one that is open where this is called; where none is recorded there,
    nothing happens at all."""
    opened = _OPEN.get()
    if opened is None:
        yield Span(HERE.get() or new_trace())
        return
    tracer, above = opened
    with tracer.span(name, kind, under=above.trace, attributes=attributes) as span:
        yield span


def note_here(attributes: Attributes) -> None:
    """On the span that is open where this is called, if one is recorded there."""
    opened = _OPEN.get()
    if opened is not None:
        opened[1].note(attributes)


_OPEN: ContextVar[tuple[Tracer, Span] | None] = ContextVar("analyzer_open_span", default=None)
"""What is recorded here, and by whom; None where nothing is."""


@contextmanager
def _here(span: Span, tracer: Tracer) -> Iterator[None]:
    here = HERE.set(span.trace)
    opened = _OPEN.set((tracer, span) if span.is_recorded else None)
    try:
        yield
    finally:
        _OPEN.reset(opened)
        HERE.reset(here)


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        span.fail(type(error).__name__)
        raise
    except (asyncio.CancelledError, GeneratorExit):
        span.fail("cancelled")
        raise
    finally:
        span.end()

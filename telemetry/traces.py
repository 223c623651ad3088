"""W3C Trace Context, level 1: one trace id from the request to the row, and where we are in it."""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_TRACESTATE = re.compile(r"[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}")
_MOST_MEMBERS, _LONGEST_STATE = 32, 512

HERE: ContextVar["TraceContext | None"] = ContextVar("analyzer_trace", default=None)
"""The place in the trace of the work that runs now; `telemetry.spans` alone sets it."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A place in a trace: 32 and 16 lower-case hexadecimal digits and the flags. `state` is what
    other systems have noted about the trace (`tracestate`), passed on as it came."""

    trace_id: str
    span_id: str
    flags: str = "00"
    state: str = ""

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    @property
    def is_sampled(self) -> bool:
        """Whether whoever began the trace records it, and so shall we."""
        return bool(int(self.flags, 16) & 1)


def current_trace() -> TraceContext | None:
    """Of the request or message that is worked here; None outside any. An exemplar is worth
    noting only where it `is_sampled`: nobody has recorded the others."""
    return HERE.get()


def here_as_traceparent() -> str | None:
    """The same, as it is written into records and rows."""
    here = HERE.get()
    return None if here is None else here.traceparent


def new_trace() -> TraceContext:
    """Of which nothing is recorded: ids for answers, logs and records to agree on."""
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8))


def to_trace(traceparent: str | None, tracestate: str | None = None) -> TraceContext | None:
    """Where the caller is; None when it names no valid place. A `tracestate` that is not valid is
    left out, as the specification wants it."""
    match = _TRACEPARENT.match(traceparent or "")
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return None
    return TraceContext(match[1], match[2], match[3], _valid_state(tracestate or ""))


def from_traceparent(text: str | None) -> TraceContext:
    """The caller's place; a new trace when there is none or it is not valid."""
    return to_trace(text) or new_trace()


def _valid_state(text: str) -> str:
    members = [member.strip(" \t") for member in text.split(",")]
    named = [member for member in members if member]
    if len(text) > _LONGEST_STATE or len(named) > _MOST_MEMBERS:
        return ""
    return ",".join(named) if all(map(_TRACESTATE.fullmatch, named)) else ""

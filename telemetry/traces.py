"""W3C Trace Context, level 1: one trace id from the request to the row."""

import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where in a trace we are: 32 and 16 lower-case hexadecimal digits, and the sampled flag."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def child(self) -> "TraceContext":
        """The next hop: same trace, a span id of its own."""
        return TraceContext(self.trace_id, secrets.token_hex(8), self.flags)


def new_trace() -> TraceContext:
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8))


def from_traceparent(text: str | None) -> TraceContext:
    """Continue the caller's trace; start a new one when there is none or it is not valid."""
    match = _TRACEPARENT.match(text or "")
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return new_trace()
    return TraceContext(match[1], match[2], match[3]).child()

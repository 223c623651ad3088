"""The trace goes on: W3C Trace Context, `traceparent`."""

import re
import secrets

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)


def continued(traceparent: str | None) -> str:
    """A span of our own in the same trace; a new trace where there is none that can be read."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    trace, flags = found.group(1, 2) if found else (secrets.token_hex(16), "00")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"

"""Headers in the OpenAPI document: what each means, and which answer has them."""

from typing import Any, Final

from ingest_api import examples as shown
from ingest_api.limits import UNLIMITED_PATHS

Headers = dict[str, Any]


def _text(description: str, example: str, *, always: bool = False) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "description": description, "required": always, "schema": schema, "example": example,
    }  # fmt: skip


COMPONENTS: Final[Headers] = {
    "TraceId": {
        "description": "Finds the log lines of this request; the trace of `traceparent` if that "
        "was sent",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "example": "4bf92f3577b34da6a3ce929d0e0e4736",
    },
    "RateLimit": _text("What is left of each limit", '"burst";r=9999;t=1, "daily";r=4999999;t=18'),
    "RateLimitPolicy": _text("The limits", '"burst";q=10000;w=20, "daily";q=5000000;w=86400'),
    "RetryAfter": {
        "description": "Seconds to wait before the same request is sent again",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "5",
    },
    "Challenge": _text("What kind of credential is taken", "Bearer", always=True),
    "Location": _text("Where the analysis is found", shown.ACCEPTED_AT),
    "PreferenceApplied": _text("What of `Prefer` was honoured", "wait=20"),
    "Replayed": {
        "description": "The answer of an earlier request with the same Idempotency-Key",
        "schema": {"type": "string", "const": "true"},
        "example": "true",
    },
    "CacheControl": _text("For how long the answer may be kept", "public, max-age=300"),
    "Unbuffered": _text("Tells a proxy in front to pass each event on at once", "no"),
}  # fmt: skip
_LIMITS: Final = {"RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}
_BY_STATUS: Final = {
    "401": {"WWW-Authenticate": "Challenge"},
    "429": {"Retry-After": "RetryAfter", **_LIMITS},
    "503": {"Retry-After": "RetryAfter"},
}
UNDESCRIBED: Final = frozenset(
    {
        "connection", "content-length", "content-type", "date", "transfer-encoding", "vary",
        "access-control-allow-origin", "access-control-expose-headers", "cache-control",
        "content-security-policy", "cross-origin-resource-policy", "permissions-policy",
        "referrer-policy", "strict-transport-security", "x-content-type-options",
    }
)  # fmt: skip
"""Of HTTP itself and for browsers: every answer may have them, and no client acts by them."""


def refer(**headers: str) -> Headers:
    """Names with underscores to components: `refer(Retry_After="RetryAfter")`."""
    return {name.replace("_", "-"): _to(component) for name, component in headers.items()}


def headers_of(path: str, status: str) -> Headers:
    """What answers of this status have on this path, beside what the route says itself."""
    limits = {} if path in UNLIMITED_PATHS else _LIMITS
    found = {"X-Trace-Id": "TraceId", **limits, **_BY_STATUS.get(status, {})}
    return {name: _to(component) for name, component in found.items()}


def _to(component: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{component}"}

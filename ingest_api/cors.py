"""Cross-origin requests of browsers (the CORS protocol of the WHATWG Fetch standard)."""

from starlette.responses import Response
from starlette.types import Scope

from ingest_api.scope import header_of

Headers = tuple[tuple[bytes, bytes], ...]

_METHODS = "GET, POST, PUT, PATCH, DELETE"
_TAKEN = (
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, Traceparent, X-API-Key"
)
_SHOWN = (
    b"Idempotency-Replayed, Location, Preference-Applied, RateLimit, RateLimit-Policy, "
    b"Retry-After, X-Trace-Id"
)
_MAX_AGE_S = 600
_VARY = (b"vary", b"Origin")


class Cors:
    """Scripts of the listed origins may read answers; cookies are never part of it. With an empty
    list nothing of CORS is said at all."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)

    def headers_for(self, scope: Scope) -> Headers:
        """For every answer to this request."""
        if not self._origins:
            return ()
        origin = self._listed(scope)
        if origin is None:
            return (_VARY,)
        allowed = (b"access-control-allow-origin", origin.encode("ascii"))
        return (_VARY, allowed, (b"access-control-expose-headers", _SHOWN))

    def preflight(self, scope: Scope) -> Response | None:
        """The answer to a question of a browser, which brings no credential, on behalf of a listed
        origin. What the question is about is asked for in earnest afterwards."""
        asked = header_of(scope, b"access-control-request-method")
        if scope["method"] != "OPTIONS" or asked is None or self._listed(scope) is None:
            return None
        headers = {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _TAKEN,
            "Access-Control-Max-Age": str(_MAX_AGE_S),
        }
        return Response(status_code=204, headers=headers)

    def _listed(self, scope: Scope) -> str | None:
        origin = header_of(scope, b"origin")
        return origin if origin in self._origins else None

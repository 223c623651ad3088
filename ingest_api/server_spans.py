"""What the span of a request says of it: OpenTelemetry's conventions for HTTP servers.

Never a query, a header or an address of the client: those hold keys, or say who somebody is.
"""

from starlette.types import Scope

from ingest_api.scope import known_principal, noted_of
from telemetry.masking import masked_to
from telemetry.spans import Span

_GONE = 499


def tell_span(span: Span, scope: Scope, route: str, status: int) -> None:
    """When the answer is over; `status` 0 is a client that went away before it began. By the
    conventions an answer below 500 is no error of the server's span."""
    if not span.is_recorded:
        return
    method = scope["method"]
    span.rename(f"{method} {route}")
    span.note(
        {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status or _GONE,
            "url.path": masked_to(scope["path"], 200),
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
        }
    )
    request_id = noted_of(scope).get("request_id")
    if request_id is not None:
        span.note({"analyzer.request_id": request_id})
    principal = known_principal(scope)
    if principal is not None:
        span.note({"analyzer.tenant_id": principal.tenant_id})
    if status >= 500 or status == 0:
        span.fail(str(status or _GONE))

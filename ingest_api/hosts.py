"""Which names of ours a request may come to."""

import re

from starlette.types import Scope

from ingest_api.errors import HOST_INVALID, HOST_UNKNOWN, RefusedError

_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_OF_MACHINES = frozenset({"/health", "/ready", "/metrics"})
"""Asked by what knows this process by its address, and the same for every name."""


def check_host(scope: Scope, allowed: frozenset[str]) -> None:
    """Raises RefusedError. There must be one Host, well formed, as RFC 9112 section 3.2 has it
    (HTTP/1.0 may do without); and it must be in `allowed` unless that is empty."""
    given = [value for name, value in scope["headers"] if name == b"host"]
    if not given and scope["http_version"] == "1.0" and not allowed:
        return
    match = _HOST.fullmatch(given[0].decode("latin-1")) if len(given) == 1 else None
    if match is None:
        raise RefusedError(refusal=HOST_INVALID, field="Host")
    name = match["name"].lower().removesuffix(".")
    if allowed and name not in allowed and scope["path"] not in _OF_MACHINES:
        raise RefusedError(refusal=HOST_UNKNOWN, field="Host")

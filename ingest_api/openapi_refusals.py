"""Refusals that a route answers because of what it is: read from its policy, so that they are true
of every route without anybody listing them."""

from collections.abc import Iterator
from typing import Final

from ingest_api import errors
from ingest_api.errors import Refusal
from ingest_api.limits import UNLIMITED_PATHS
from ingest_api.policies import Access, Body, Owner, Policy
from schemas.roles import Role

_ANY: Final = (
    errors.BODY_MALFORMED,
    errors.HOST_INVALID,
    errors.REQUEST_MALFORMED,
    errors.BODY_TIMEOUT,
    errors.HEADERS_TIMEOUT,
    errors.TARGET_TOO_LONG,
    errors.RATE_LIMITED,
    errors.HEADERS_TOO_LARGE,
    errors.UNEXPECTED,
    errors.TOO_BUSY,
)
_TENANT: Final = (
    errors.UNAUTHENTICATED,
    errors.TOO_MANY_AT_ONCE,
    errors.DEPENDENCY_UNAVAILABLE,
)


def refusals_of(path: str, policy: Policy) -> Iterator[Refusal]:
    """What its handler refuses comes on top."""
    yield from _ANY
    yield errors.UPLOAD_TOO_LARGE if policy.body is Body.UPLOAD else errors.BODY_TOO_LARGE
    if path not in UNLIMITED_PATHS:
        yield errors.HOST_UNKNOWN
        yield errors.PARAMETER_UNKNOWN
        yield errors.QUERY_MALFORMED
    if policy.body is not Body.NONE:
        yield errors.CONTENT_TYPE_WRONG
        yield errors.DEPENDENCY_UNAVAILABLE
    if policy.access is Access.TENANT:
        yield from _TENANT
        if policy.role > Role.VIEWER or policy.scope is not None or policy.people_only:
            yield errors.FORBIDDEN
    if policy.owner is not Owner.NOBODY:
        yield errors.NOT_FOUND

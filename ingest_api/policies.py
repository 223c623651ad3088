"""Who may use which route and how large its body may be: one table, read before any body byte.

A path that is not in the table needs a credential all the same; a test compares the table with
the router, so that no route is without its line.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Access(Enum):
    PUBLIC = "public"
    TENANT = "tenant"


class Body(Enum):
    NONE = "none"
    JSON = "json"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Policy:
    access: Access
    body: Body = Body.NONE


_PUBLIC = Policy(Access.PUBLIC)
_TENANT = Policy(Access.TENANT)

POLICIES: Final = {
    ("GET", "/health"): _PUBLIC,
    ("GET", "/ready"): _PUBLIC,
    ("GET", "/metrics"): _PUBLIC,
    ("GET", "/docs"): _PUBLIC,
    ("GET", "/openapi.json"): _PUBLIC,
    ("GET", "/asyncapi.json"): _PUBLIC,
    ("GET", "/asyncapi"): _PUBLIC,
    ("POST", "/api/v1/analyze/upload"): Policy(Access.TENANT, Body.UPLOAD),
    ("POST", "/api/v1/analyze/url"): Policy(Access.TENANT, Body.JSON),
    ("GET", "/api/v1/analyses/{request_id}"): _TENANT,
    ("GET", "/api/v1/analyses/{request_id}/events"): _TENANT,
    ("POST", "/api/v1/analyses/{request_id}/cancel"): _TENANT,
    ("GET", "/api/v1/events"): _TENANT,
}

PUBLIC_PATHS: Final = frozenset(
    path for (_, path), policy in POLICIES.items() if policy.access is Access.PUBLIC
)
UPLOAD_PATHS: Final = frozenset(
    path for (_, path), policy in POLICIES.items() if policy.body is Body.UPLOAD
)

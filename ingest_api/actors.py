"""Who does something that is audited, and from where."""

from typing import TypedDict

from starlette.types import Scope

from ingest_api.scope import address_of, principal_of, trace_of
from storage.audit import Actor


class Noted(TypedDict):
    """What the audit log is told of every request alike."""

    actor: Actor
    tenant_id: str
    address: str | None
    trace_id: str


def noted(scope: Scope) -> Noted:
    """Raises LookupError for a request that needs no credential."""
    principal = principal_of(scope)
    return Noted(
        actor=Actor("key" if principal.user_id is None else "user", principal.key_id),
        tenant_id=principal.tenant_id,
        address=address_of(scope),
        trace_id=trace_of(scope).trace_id,
    )

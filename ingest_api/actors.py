"""Who does something that is audited, and from where."""

from typing import TypedDict

from starlette.types import Scope

from ingest_api.scope import address_of, principal_of, trace_of
from storage.audit import Actor


class Noted(TypedDict):
    """What the audit log is told of every request alike."""

    actor: Actor
    tenant_id: str | None
    address: str | None
    trace_id: str


def noted(scope: Scope) -> Noted:
    """Raises LookupError for a request that needs no credential."""
    principal = principal_of(scope)
    actor = Actor("key" if principal.user_id is None else "user", principal.key_id)
    return noted_as(scope, actor, principal.tenant_id)


def noted_as(scope: Scope, actor: Actor, tenant_id: str | None) -> Noted:
    """For a request that has no principal: it is about one."""
    return Noted(
        actor=actor,
        tenant_id=tenant_id,
        address=address_of(scope),
        trace_id=trace_of(scope).trace_id,
    )

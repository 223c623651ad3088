"""Nobody hands out more than it has."""

from ingest_api.errors import FORBIDDEN, RefusedError
from ingest_api.scope import Principal
from schemas.roles import Role
from schemas.scopes import covers


def check_grant(principal: Principal, role: Role, scopes: frozenset[str]) -> None:
    """Raises RefusedError for a role above the giver's own, and for more scopes than its own: no
    scopes stand for all that the role allows."""
    if role > principal.role:
        raise RefusedError(
            refusal=FORBIDDEN, field="role", allowed=principal.role.title,
            detail="a role above your own cannot be given",
        )  # fmt: skip
    if not covers(principal.scopes, scopes, role):
        raise RefusedError(
            refusal=FORBIDDEN, field="scopes", allowed=", ".join(sorted(principal.scopes)),
            detail="more scopes than your own cannot be given",
        )  # fmt: skip

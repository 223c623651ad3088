"""What a credential may be narrowed to: a role says how much, scopes say what of it."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from schemas.roles import Role

ScopeName = Literal["read", "analyze", "operate", "keys", "users"]
SCOPES: Final[tuple[ScopeName, ...]] = get_args(ScopeName)
_LEAST_ROLE: Final[Mapping[str, Role]] = {
    "read": Role.VIEWER,
    "analyze": Role.ANALYST,
    "operate": Role.OPERATOR,
    "keys": Role.ADMIN,
    "users": Role.ADMIN,
}


def allows(scopes: frozenset[str], needed: str) -> bool:
    """No scopes at all mean no narrowing: all that the role allows."""
    return not scopes or needed in scopes


def covers(own: frozenset[str], given: frozenset[str], role: Role) -> bool:
    """Whether whoever has the scopes `own` may hand out `given` with that role: never more than it
    has itself. Without `given` it is all that the role allows."""
    return not own or (given or scopes_of(role)) <= own


def scopes_of(role: Role) -> frozenset[str]:
    """Those that are of any use to it."""
    return frozenset(name for name, least in _LEAST_ROLE.items() if role >= least)

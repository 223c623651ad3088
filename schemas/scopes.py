"""What a credential may be narrowed to: a role says how much, scopes say what of it."""

from typing import Final, Literal, get_args

ScopeName = Literal["read", "analyze", "operate", "keys", "users"]
SCOPES: Final[tuple[ScopeName, ...]] = get_args(ScopeName)


def allows(scopes: frozenset[str], needed: str) -> bool:
    """No scopes at all mean no narrowing: all that the role allows."""
    return not scopes or needed in scopes


def covers(own: frozenset[str], given: frozenset[str]) -> bool:
    """Whether whoever has `own` may hand out `given`: never more than it has itself."""
    return not own or (bool(given) and given <= own)

"""Keys, users and tokens as they travel over HTTP."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.contract import Contract, Instant
from schemas.scopes import ScopeName

RoleName = Literal["viewer", "analyst", "operator", "admin"]
Label = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""What people call a thing: one line of text."""


class KeyWish(Contract):
    """What a new key shall be. Empty `scopes` allow all that the role does, empty `networks` (CIDR)
    let it come from everywhere; without `expires_at` it lasts until it is revoked."""

    name: Label
    role: RoleName = "analyst"
    scopes: Annotated[tuple[ScopeName, ...], Field(max_length=10)] = ()
    networks: Annotated[tuple[IPv4Network | IPv6Network, ...], Field(max_length=50)] = ()
    expires_at: Instant | None = None


class KeyView(Contract):
    """A key in a list: what it is known by and what it may do, never the key. `prefix` is its
    beginning; `created_by` names the credential that made it, null for the command line."""

    key_id: str
    name: str
    prefix: str
    role: RoleName
    scopes: tuple[ScopeName, ...]
    networks: tuple[str, ...]
    created_at: Instant
    created_by: str | None
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None


class KeyMade(Contract):
    """The only time that `key` is shown: its hash is all that is kept."""

    key_id: str
    key: str
    role: RoleName
    scopes: tuple[ScopeName, ...]
    expires_at: Instant | None


class KeyList(Contract):
    keys: tuple[KeyView, ...]

"""Keys, users and tokens as they travel over HTTP."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from schemas.contract import Contract, Instant
from schemas.roles import Tier
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


Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Password = Annotated[SecretStr, Field(min_length=12, max_length=128)]


class Login(Contract):
    """`username` is `name@tenant`."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=128)]


class PasswordChange(Contract):
    """Ends every session of whoever asks."""

    current_password: Annotated[SecretStr, Field(min_length=1, max_length=128)]
    new_password: Password


class Refresh(Contract):
    refresh_token: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class Revocation(Contract):
    """A refresh token ends its session, an access token itself."""

    token: Annotated[SecretStr, Field(min_length=1, max_length=8192)]


class TokenPair(Contract):
    """As RFC 6749 section 5.1 names them. A refresh token is good once: the answer has the next."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token, no token
    expires_in: int
    refresh_token: str
    refresh_expires_at: Instant


class Me(Contract):
    """Whom a credential stands for. No `scopes` mean no narrowing."""

    tenant_id: str
    credential: str
    role: RoleName
    scopes: tuple[str, ...]
    tier: Tier
    user_id: UUID | None


class UserWish(Contract):
    username: Username
    password: Password
    role: RoleName = "viewer"


class UserChange(Contract):
    """What is absent stays as it is. A new password or `disabled` ends every session."""

    role: RoleName | None = None
    disabled: bool | None = None
    password: Password | None = None


class UserView(Contract):
    """`login` is what this person logs in with."""

    user_id: UUID
    username: str
    login: str
    role: RoleName
    created_at: Instant
    disabled_at: Instant | None


class UserList(Contract):
    users: tuple[UserView, ...]

"""Sessions of people, their refresh tokens, and what was revoked; the port that keeps them."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from schemas.roles import Role, Tier

_PREFIX: Final = "air_"
_TOKEN = re.compile(r"air_([a-z0-9][a-z0-9_-]{0,62})\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Session:
    """What one login began: all refresh tokens that come of it are its family. It ends at
    `expires_at`, however often they are exchanged."""

    session_id: UUID
    tenant_id: str
    user_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do now. Tokens issued before `not_before` are not good any more."""

    username: str
    role: Role
    tier: Tier
    not_before: datetime


class TokenStore(Protocol):
    """Refresh tokens are kept as SHA-256. Raises StoreUnavailableError."""

    async def begin_session(
        self, session: Session, token_hash: bytes, *, password_hash: str
    ) -> bool:
        """With its first refresh token. False, and nothing is begun, for a user who is gone,
        disabled, or has another password than the one of that hash; who becomes so at the same
        moment has no session either. What has expired of the user's is dropped."""
        ...

    async def rotate(self, tenant_id: str, token_hash: bytes, new_hash: bytes) -> Session | None:
        """Exchange a refresh token for a new one, once; None for one that is not good. A repeat of
        the same exchange gives the same answer."""
        ...

    async def revoke_reused(self, tenant_id: str, token_hash: bytes) -> Session | None:
        """Revoke the session of a token that was exchanged already: somebody else has it too.
        None for any other token."""
        ...

    async def revoke_session(self, tenant_id: str, token_hash: bytes) -> Session | None:
        """The one that the refresh token belongs to; None for an unknown one."""
        ...

    async def revoke_token(self, tenant_id: str, jti: str, expires_at: datetime) -> None:
        """An access token by its id; remembered until then."""
        ...

    async def find_standing(self, session: Session, jti: str) -> Standing | None:
        """Of whoever shows an access token of that session; None when user, session or token are
        not good any more."""
        ...

    async def find_tier(self, tenant_id: str, jti: str) -> Tier | None:
        """For a token of somebody else's issuer: None for an unknown tenant or a revoked token."""
        ...


def mint_refresh_token(tenant_id: str) -> str:
    """256 random bits behind the name of the tenant, which is no secret."""
    return f"{_PREFIX}{tenant_id}.{secrets.token_urlsafe(32)}"


def tenant_of(refresh_token: str) -> str | None:
    """Whose it says it is; None for what is no refresh token of ours."""
    found = _TOKEN.fullmatch(refresh_token)
    return None if found is None else found[1]


def hash_refresh_token(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

"""Sessions and tokens in dictionaries: the twin of the store in PostgreSQL, for tests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from schemas.roles import Tier
from storage.tokens import Session, Standing
from storage.users_memory import MemoryUserStore


@dataclass(slots=True)
class _Kept:
    session: Session
    began_at: datetime
    is_revoked: bool = False


@dataclass(slots=True)
class _Token:
    session_id: UUID
    replaced_by: bytes | None = None


class MemoryTokenStore:
    """A TokenStore. Every tenant that has a user is known, and has booked the standard tier."""

    def __init__(
        self, users: MemoryUserStore, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._users = users
        self._now = now
        self._sessions: dict[UUID, _Kept] = {}
        self._tokens: dict[bytes, _Token] = {}
        self._revoked: set[tuple[str, str]] = set()

    async def begin_session(
        self, session: Session, token_hash: bytes, *, password_hash: str
    ) -> bool:
        known = self._users.find_kept(session.tenant_id, session.user_id)
        if known is None or known.user.disabled_at or known.password_hash != password_hash:
            return False
        self._sessions.setdefault(session.session_id, _Kept(session, self._now()))
        self._tokens.setdefault(token_hash, _Token(session.session_id))
        return True

    async def rotate(self, tenant_id: str, token_hash: bytes, new_hash: bytes) -> Session | None:
        kept, token = self._find(tenant_id, token_hash)
        if kept is None or token is None or not self._is_good(kept):
            return None
        if token.replaced_by not in {None, new_hash}:
            return None
        token.replaced_by = new_hash
        self._tokens.setdefault(new_hash, _Token(kept.session.session_id))
        return kept.session

    async def revoke_reused(self, tenant_id: str, token_hash: bytes) -> Session | None:
        kept, token = self._find(tenant_id, token_hash)
        if kept is None or token is None or token.replaced_by is None:
            return None
        kept.is_revoked = True
        return kept.session

    async def revoke_session(self, tenant_id: str, token_hash: bytes) -> Session | None:
        kept, _ = self._find(tenant_id, token_hash)
        if kept is None:
            return None
        kept.is_revoked = True
        return kept.session

    async def revoke_token(self, tenant_id: str, jti: str, expires_at: datetime) -> None:
        del expires_at  # this memory is as short as a test
        self._revoked.add((tenant_id, jti))

    async def find_standing(self, session: Session, jti: str) -> Standing | None:
        kept = self._sessions.get(session.session_id)
        known = self._users.find_kept(session.tenant_id, session.user_id)
        if kept is None or known is None or kept.session.user_id != session.user_id:
            return None
        if not self._is_good(kept) or (session.tenant_id, jti) in self._revoked:
            return None
        return Standing(known.user.username, known.user.role, "standard", known.not_before)

    async def find_tier(self, tenant_id: str, jti: str) -> Tier | None:
        is_known = bool(await self._users.list_users(tenant_id))
        return "standard" if is_known and (tenant_id, jti) not in self._revoked else None

    def _find(self, tenant_id: str, token_hash: bytes) -> tuple[_Kept | None, _Token | None]:
        token = self._tokens.get(token_hash)
        kept = None if token is None else self._sessions[token.session_id]
        if kept is None or kept.session.tenant_id != tenant_id:
            return None, None
        return kept, token

    def _is_good(self, kept: _Kept) -> bool:
        user = self._users.find_kept(kept.session.tenant_id, kept.session.user_id)
        return (
            user is not None
            and user.user.disabled_at is None
            and user.not_before <= kept.began_at
            and not kept.is_revoked
            and kept.session.expires_at > self._now()
        )

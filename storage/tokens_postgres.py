"""Sessions and tokens in PostgreSQL."""

from datetime import datetime
from typing import Any

from schemas.roles import Role, Tier
from storage.postgres_pool import PostgresPool
from storage.postgres_text import storable
from storage.queries import Queries
from storage.row_security import tenant
from storage.tokens import Session, Standing


class PostgresTokenStore:
    """A TokenStore. The pool is the caller's to open and close."""

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def begin_session(
        self, session: Session, token_hash: bytes, *, password_hash: str
    ) -> bool:
        rows = await self._fetch(
            "begin_session", session.tenant_id, session_id=session.session_id,
            user_id=session.user_id, expires_at=session.expires_at, token_hash=token_hash,
            password_hash=password_hash,
        )  # fmt: skip
        return bool(rows)

    async def rotate(self, tenant_id: str, token_hash: bytes, new_hash: bytes) -> Session | None:
        return await self._session(
            "rotate_refresh_token", tenant_id, token_hash=token_hash, new_hash=new_hash
        )

    async def revoke_reused(self, tenant_id: str, token_hash: bytes) -> Session | None:
        return await self._session("revoke_reused_session", tenant_id, token_hash=token_hash)

    async def revoke_session(self, tenant_id: str, token_hash: bytes) -> Session | None:
        return await self._session("revoke_session", tenant_id, token_hash=token_hash)

    async def revoke_token(self, tenant_id: str, jti: str, expires_at: datetime) -> None:
        await self._fetch("revoke_token", tenant_id, jti=storable(jti), expires_at=expires_at)

    async def find_standing(self, session: Session, jti: str) -> Standing | None:
        rows = await self._fetch(
            "find_standing", session.tenant_id, session_id=session.session_id,
            user_id=session.user_id, jti=storable(jti),
        )  # fmt: skip
        if not rows:
            return None
        username, role, tier, not_before = rows[0]
        return Standing(username, Role.named(role), tier, not_before)

    async def find_tier(self, tenant_id: str, jti: str) -> Tier | None:
        rows = await self._fetch("find_tier", storable(tenant_id), jti=storable(jti))
        return rows[0][0] if rows else None

    async def _session(self, name: str, tenant_id: str, **parameters: object) -> Session | None:
        rows = await self._fetch(name, tenant_id, **parameters)
        return Session(*rows[0]) if rows else None

    async def _fetch(self, name: str, tenant_id: str, **parameters: object) -> list[Any]:
        given = {"tenant_id": tenant_id, **parameters}
        return await self._pool.fetch(self._queries[name], given, seen_by=tenant(tenant_id))

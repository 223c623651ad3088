"""API keys in PostgreSQL, by the SHA-256 of the whole key."""

from datetime import datetime
from ipaddress import ip_network
from typing import Any

from schemas.roles import Role
from storage.errors import LimitReachedError, NotFoundError
from storage.ports import ApiKey, KeyNote, ListedKey
from storage.postgres_pool import PostgresPool
from storage.postgres_text import storable
from storage.queries import Queries
from storage.row_security import bearer_of, tenant


class PostgresApiKeyStore:
    """An ApiKeyStore. It notes when a key was last used, to the minute.

    Raises StoreUnavailableError. The pool is the caller's to open and close.
    """

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        rows = await self._pool.fetch(
            self._queries["find_api_key"], {"key_hash": key_hash}, seen_by=bearer_of(key_hash)
        )
        return _to_key(*rows[0]) if rows else None

    async def add_api_key(
        self, key: ApiKey, key_hash: bytes, *, note: KeyNote, at_most: int | None = None
    ) -> bool:
        ((has_room, is_new),) = await self._pool.fetch(
            self._queries["add_api_key"],
            {
                "key_id": storable(key.key_id),
                "tenant_id": key.tenant_id,
                "key_hash": key_hash,
                "role": key.role.title,
                "scopes": sorted(key.scopes),
                "networks": [str(network) for network in key.networks],
                "name": storable(note.name),
                "prefix": storable(note.prefix),
                "created_by": note.created_by,
                "expires_at": note.expires_at,
                "at_most": at_most,
            },
            seen_by=tenant(key.tenant_id),
        )
        if not has_room:
            raise LimitReachedError(f"{key.tenant_id} has {at_most} keys already")
        return bool(is_new)

    async def list_api_keys(self, tenant_id: str, *, limit: int | None = None) -> list[ListedKey]:
        parameters = {"tenant_id": tenant_id, "limit": limit}
        rows = await self._pool.fetch(
            self._queries["list_api_keys"], parameters, seen_by=tenant(tenant_id)
        )
        return [_to_listed(row[:6], *row[6:]) for row in rows]

    async def revoke_api_key(self, tenant_id: str, key_id: str) -> None:
        parameters = {"tenant_id": tenant_id, "key_id": storable(key_id)}
        rows = await self._pool.fetch(
            self._queries["revoke_api_key"], parameters, seen_by=tenant(tenant_id)
        )
        if not rows:
            raise NotFoundError(f"{tenant_id} has no key {key_id[:100]}")


def _to_key(
    key_id: str, tenant_id: str, role: str, scopes: list[str], networks: list[str], tier: Any
) -> ApiKey:
    return ApiKey(
        key_id,
        tenant_id,
        Role.named(role),
        frozenset(scopes),
        tuple(ip_network(network) for network in networks),
        tier,
    )


def _to_listed(
    key: tuple[Any, ...],
    name: str,
    prefix: str,
    created_by: str | None,
    expires_at: datetime | None,
    *moments: Any,
) -> ListedKey:
    return ListedKey(_to_key(*key), KeyNote(name, prefix, created_by, expires_at), *moments)

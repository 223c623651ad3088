"""API keys in PostgreSQL, by the SHA-256 of the whole key."""

from storage.ports import ApiKey
from storage.postgres_pool import PostgresPool
from storage.postgres_text import storable
from storage.queries import Queries


class PostgresApiKeyStore:
    """An ApiKeyStore. It notes when a key was last used, to the minute.

    Raises StoreUnavailableError. The pool is the caller's to open and close.
    """

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        rows = await self._pool.fetch(self._queries["find_api_key"], {"key_hash": key_hash})
        return ApiKey(*rows[0]) if rows else None

    async def add_api_key(self, key: ApiKey, key_hash: bytes, *, name: str) -> None:
        await self._pool.run(
            self._queries["add_api_key"],
            {
                "key_id": storable(key.key_id),
                "tenant_id": key.tenant_id,
                "key_hash": key_hash,
                "name": storable(name),
            },
        )

"""What the operator decides of tenants."""

from storage.errors import NotFoundError
from storage.postgres_pool import PostgresPool
from storage.queries import Queries


class PostgresTenants:
    """Raises StoreUnavailableError. The pool is the caller's to open and close."""

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def set_tier(self, tenant_id: str, tier: str) -> None:
        """Raises NotFoundError for a tenant that never had a key."""
        rows = await self._pool.fetch(
            self._queries["set_tier"], {"tenant_id": tenant_id, "tier": tier}
        )
        if not rows:
            raise NotFoundError(f"{tenant_id}: there is no such tenant")

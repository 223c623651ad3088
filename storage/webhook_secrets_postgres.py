"""Which version of a tenant's webhook secret signs; the secrets themselves are nowhere in here."""

from datetime import timedelta

from storage.deliveries import TenantSecrets
from storage.errors import NotFoundError
from storage.postgres_pool import PostgresPool
from storage.queries import Queries


class PostgresWebhookSecrets:
    """Raises StoreUnavailableError. The pool is the caller's to open and close."""

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def find(self, tenant_id: str) -> TenantSecrets:
        """Raises NotFoundError for a tenant that never had a key."""
        rows = await self._pool.fetch(
            self._queries["find_webhook_secrets"], {"tenant_id": tenant_id}
        )
        if not rows:
            raise NotFoundError(f"{tenant_id}: there is no such tenant; make a key for it first")
        return TenantSecrets(*rows[0])

    async def rotate(self, tenant_id: str, *, overlap: timedelta) -> TenantSecrets:
        """The next version signs from now on, the one before it too until `overlap` is over. Two
        at once are one rotation. Raises NotFoundError."""
        known = await self.find(tenant_id)
        parameters = {"tenant_id": tenant_id, "version": known.version + 1, "overlap": overlap}
        await self._pool.run(self._queries["rotate_webhook_secret"], parameters)
        return await self.find(tenant_id)

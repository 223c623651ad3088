"""PostgreSQL for the time of one command."""

import contextlib
from collections.abc import AsyncIterator

from storage.postgres_check import check_postgres
from storage.postgres_pool import PostgresPool
from storage.settings import PostgresSettings


@contextlib.asynccontextmanager
async def opened_pool(settings: PostgresSettings) -> AsyncIterator[PostgresPool]:
    """Asked before: a pool that cannot connect does not say why. Raises StorageError."""
    await check_postgres(settings)
    pool = PostgresPool(settings)
    await pool.open()
    try:
        yield pool
    finally:
        await pool.aclose()

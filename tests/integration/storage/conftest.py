"""Stores on real servers."""

from collections.abc import AsyncIterator, Iterator

import pytest

from storage.postgres_pool import PostgresPool
from tests.contract.storage.migrated import opened_pool, postgres_template
from tests.support.services.connections import PostgresElsewhere
from tests.support.services.databases import create_database, drop_database
from tests.support.services.postgres import Postgres

__all__ = ["postgres_template"]


@pytest.fixture
def empty_database(postgres: Postgres | PostgresElsewhere) -> Iterator[str]:
    """The DSN of a database without any table."""
    dsn = create_database(postgres.dsn)
    yield dsn
    drop_database(postgres.dsn, dsn)


@pytest.fixture
async def pool(postgres_database: str) -> AsyncIterator[PostgresPool]:
    async with opened_pool(postgres_database) as opened:
        yield opened

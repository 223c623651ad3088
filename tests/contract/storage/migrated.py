"""Databases that have the schema already: migrated once, then copied for each test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from storage.postgres_pool import PostgresPool
from storage.schema import upgrade
from storage.settings import PostgresSettings
from tests.support.services.connections import PostgresElsewhere
from tests.support.services.databases import create_database, drop_database
from tests.support.services.postgres import Postgres


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres | PostgresElsewhere) -> Iterator[str]:
    """The name of a migrated database that nobody is connected to."""
    template = create_database(postgres.dsn)
    upgrade(template)
    yield urlsplit(template).path.removeprefix("/")
    drop_database(postgres.dsn, template)


@asynccontextmanager
async def opened_pool(dsn: str, **changes: object) -> AsyncIterator[PostgresPool]:
    pool = PostgresPool(PostgresSettings.model_validate({"dsn": SecretStr(dsn)} | changes))
    await pool.open()
    try:
        yield pool
    finally:
        await pool.aclose()

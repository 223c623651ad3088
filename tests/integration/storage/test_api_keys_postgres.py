"""What an operator does to a key in the table takes effect at once."""

from datetime import datetime
from hashlib import sha256

import psycopg
import pytest

from storage.api_keys_postgres import PostgresApiKeyStore
from storage.ports import ApiKey, KeyNote
from storage.postgres_pool import PostgresPool

pytestmark = pytest.mark.postgres

KEY, HASH = ApiKey("k-1", "acme"), sha256(b"secret").digest()


def change(dsn: str, assignment: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        statement = f"UPDATE api_keys SET {assignment}"  # noqa: S608 - our own text
        connection.execute(statement.encode())


def last_used_at(dsn: str) -> datetime | None:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT last_used_at FROM api_keys").fetchone()
    assert row is not None
    found: datetime | None = row[0]
    return found


@pytest.mark.parametrize("ended", ["revoked_at = now()", "expires_at = now()"])
async def test_a_revoked_or_expired_key_is_none(
    pool: PostgresPool, postgres_database: str, ended: str
) -> None:
    store = PostgresApiKeyStore(pool)
    await store.add_api_key(KEY, HASH, note=KeyNote("laptop"))
    change(postgres_database, "expires_at = now() + interval '1 hour'")
    assert await store.find_api_key(HASH) == KEY
    change(postgres_database, ended)
    assert await store.find_api_key(HASH) is None


async def test_the_last_use_is_noted_once_a_minute(
    pool: PostgresPool, postgres_database: str
) -> None:
    store = PostgresApiKeyStore(pool)
    await store.add_api_key(KEY, HASH, note=KeyNote("laptop"))
    assert last_used_at(postgres_database) is None
    await store.find_api_key(HASH)
    first = last_used_at(postgres_database)
    assert first is not None
    await store.find_api_key(HASH)
    assert last_used_at(postgres_database) == first
    change(postgres_database, "last_used_at = now() - interval '2 minutes'")
    await store.find_api_key(HASH)
    again = last_used_at(postgres_database)
    assert again is not None
    assert again > first

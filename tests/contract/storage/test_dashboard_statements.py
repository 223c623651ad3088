"""Dashboards ask PostgreSQL as a user that may read what they show, and nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from schemas.options import AnalysisOptions
from schemas.roles import Role
from storage.analyses_postgres import PostgresAnalysisStore
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.deliveries import Attempt, Room, Verdict
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.letter_book import LetterBook
from storage.ports import ApiKey, KeyNote
from storage.postgres_pool import PostgresPool
from telemetry.dashboards.variables import VARIABLES
from tests.contract.storage.examples import analyzed, failed, upload_request, url_request
from tests.contract.storage.migrated import opened_pool
from tests.contract.storage.restricted import restricted
from tests.support.dashboards import Asked, asked, statement

pytestmark = pytest.mark.postgres

STATEMENTS = [one for one in asked() if one.is_sql]
READABLE = """
SELECT table_name || '.' || column_name FROM information_schema.columns
WHERE table_schema = 'public'
AND has_column_privilege('analyzer_dashboards', table_name::regclass, column_name, 'SELECT')
"""
CHANGEABLE = """
SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace
AND c.relkind IN ('r', 'v') AND (
    has_table_privilege('analyzer_dashboards', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
    OR has_any_column_privilege('analyzer_dashboards', c.oid, 'INSERT, UPDATE'))
"""


async def fill(pool: PostgresPool, tenant_id: str) -> None:
    """A completed and a failed request, one in work, a replay, a delivery that was given up, and a
    key."""
    now = datetime.now(UTC)
    life = {"accepted_at": now, "deadline_at": now + timedelta(hours=1)}
    analyses = PostgresAnalysisStore(pool)
    options = AnalysisOptions(callback_url="https://hooks.example/?token=secret")
    done = upload_request(tenant_id, **life, options=options)
    lost, waiting = url_request(tenant_id, **life), upload_request(tenant_id, **life)
    for request in (done, lost, waiting):
        await analyses.accept(request)
    await analyses.record([analyzed(done)])
    await analyses.record([failed(lost)])
    later = now + timedelta(hours=1)
    await analyses.accept_replay(
        tenant_id, lost.request_id, as_id=uuid4(), at=now, deadline_at=later
    )
    await give_up(PostgresDeliveryStore(pool), now)
    key = ApiKey(f"key-{tenant_id}", tenant_id, Role.ADMIN)
    hashed = sha256(tenant_id.encode()).digest()
    await PostgresApiKeyStore(pool).add_api_key(key, hashed, note=KeyNote("t"))
    await LetterBook(pool, tenant_id).note(("image-requested-dlq", 0, 1), "replayed", uuid4())


async def give_up(deliveries: PostgresDeliveryStore, at: datetime) -> None:
    (claim,) = await deliveries.claim(Room(9, 9, 9), lease=timedelta(minutes=1))
    tried = Attempt(number=1, event=claim.event, at=at, took_ms=1, status=500)
    assert await deliveries.finish(claim, tried, Verdict("dead"))


@pytest.fixture
def dashboards_dsn(postgres_database: str) -> Iterator[str]:
    with restricted(postgres_database, "analyzer_dashboards") as dsn:
        yield dsn


async def test_every_statement_returns_rows(postgres_database: str, dashboards_dsn: str) -> None:
    async with opened_pool(postgres_database) as pool:
        for tenant_id in ("acme", "globex"):
            await fill(pool, tenant_id)
    now = datetime.now(UTC)
    assert len(STATEMENTS) > 10
    with psycopg.connect(dashboards_dsn, row_factory=dict_row) as connection:
        for asking in STATEMENTS:
            text = statement(asking.text, tenant_id="acme", around=now)
            rows = connection.execute(text.encode()).fetchall()
            assert rows, asking.name
            assert any(value for row in rows for value in row.values()), asking.name
            check_columns(asking, rows[0])
        query = VARIABLES["tenant"]["query"]
        found = [row["tenant_id"] for row in connection.execute(query).fetchall()]
        assert found == ["acme", "globex"]


def check_columns(asking: Asked, row: dict[str, object]) -> None:
    """A graph has its moments by the name that Grafana wants."""
    if "$__timeGroupAlias" in asking.text:
        assert next(iter(row)) == "time", asking.name


async def test_one_tenants_rows_are_not_counted_for_another(
    postgres_database: str, dashboards_dsn: str
) -> None:
    async with opened_pool(postgres_database) as pool:
        await fill(pool, "acme")
    now = datetime.now(UTC)
    with psycopg.connect(dashboards_dsn, row_factory=dict_row) as connection:
        for asking in STATEMENTS:
            if asking.dashboard == "tenant":
                text = statement(asking.text, tenant_id="globex", around=now)
                rows = connection.execute(text.encode()).fetchall()
                assert not any(value for row in rows for value in row.values()), asking.name


def test_what_may_be_read_is_what_is_shown(postgres_database: str) -> None:
    """No column more: neither secrets, nor addresses, nor what customers sent."""
    shown = " ".join([one.text for one in STATEMENTS] + [VARIABLES["tenant"]["query"]])
    words = set(re.findall(r"\w+", shown))
    with psycopg.connect(postgres_database) as connection:
        readable = {str(name) for (name,) in connection.execute(READABLE)}
        assert connection.execute(CHANGEABLE).fetchall() == []
    assert {name for name in readable if name.split(".")[1] not in words} == set()
    assert len(readable) > 20
    for table in ("users", "sessions", "refresh_tokens", "revoked_tokens", "audit_events"):
        assert not any(name.startswith(f"{table}.") for name in readable), table


REFUSED = (
    "SELECT key_hash FROM api_keys", "SELECT name, prefix FROM api_keys",
    "SELECT image_url FROM analyses", "SELECT object_key FROM analyses",
    "SELECT options FROM analyses", "SELECT result FROM analyses",
    "SELECT failure_message FROM analyses", "SELECT url FROM webhook_deliveries",
    "SELECT receiver FROM webhook_deliveries", "SELECT error FROM webhook_attempts",
    "SELECT webhook_secret_version FROM tenants", "SELECT key FROM idempotency_keys",
    "SELECT password_hash FROM users", "SELECT token_hash FROM refresh_tokens",
    "SELECT details FROM audit_events", "UPDATE tenants SET tier = 'premium'",
    "DELETE FROM analyses", "SET ROLE analyzer_worker", "CREATE TABLE mine (a int)",
)  # fmt: skip


def test_the_rest_is_refused(dashboards_dsn: str) -> None:
    with psycopg.connect(dashboards_dsn, autocommit=True) as connection:
        for text in REFUSED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(text.encode())

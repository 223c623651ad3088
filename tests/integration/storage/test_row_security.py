"""Row security: without any WHERE nothing of another tenant comes back, nor can it be changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest

from schemas.options import AnalysisOptions
from schemas.roles import Role
from storage.analyses_postgres import PostgresAnalysisStore
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.deliveries import Attempt, Room, Verdict
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.errors import StoreUnavailableError
from storage.ports import ApiKey, IdempotencyKey, KeyNote
from storage.postgres_pool import PostgresPool
from storage.row_security import Viewer, bearer_of, tenant
from storage.tokens_postgres import PostgresTokenStore
from storage.users_postgres import PostgresUserStore
from tests.contract.storage.examples import analyzed, upload_request, url_request
from tests.contract.storage.migrated import opened_pool
from tests.contract.storage.people import person, session_of
from tests.contract.storage.restricted import restricted

pytestmark = pytest.mark.postgres

TENANTS = ("acme", "globex")
TABLES = (
    "tenants", "api_keys", "analyses", "idempotency_keys", "users", "sessions", "refresh_tokens",
    "revoked_tokens", "webhook_deliveries", "webhook_attempts",
)  # fmt: skip
NOBODY = Viewer("analyzer.tenant", "")


def key_hash(tenant_id: str) -> bytes:
    return sha256(tenant_id.encode()).digest()


async def fill(pool: PostgresPool) -> None:
    """Something of each tenant in every table that has tenants."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    for tenant_id in TENANTS:
        key = ApiKey(f"key-{tenant_id}", tenant_id, Role.ADMIN)
        await PostgresApiKeyStore(pool).add_api_key(key, key_hash(tenant_id), note=KeyNote("t"))
        named = IdempotencyKey("name", b"f" * 32, soon)
        request = upload_request(tenant_id)
        await PostgresAnalysisStore(pool).accept(request, idempotency=named)
        await _tell(pool, tenant_id)
        user = person(tenant_id=tenant_id)
        await PostgresUserStore(pool).add_user(user, "hash")
        tokens = PostgresTokenStore(pool)
        begun = await tokens.begin_session(
            session_of(user), key_hash(tenant_id), password_hash="hash"
        )
        assert begun
        await tokens.revoke_token(tenant_id, "jti", soon)


async def _tell(pool: PostgresPool, tenant_id: str) -> None:
    """One delivery with an attempt; its analysis is not among those that are not finished."""
    options = AnalysisOptions(callback_url="https://hooks.example/")
    request = url_request(tenant_id, options=options)
    analyses, deliveries = PostgresAnalysisStore(pool), PostgresDeliveryStore(pool)
    await analyses.accept(request)
    await analyses.record([analyzed(request)])
    (claim,) = await deliveries.claim(Room(9, 9, 9), lease=timedelta(minutes=1))
    tried = Attempt(number=1, event=claim.event, at=datetime.now(UTC), took_ms=1, status=200)
    assert await deliveries.finish(claim, tried, Verdict("delivered"))


async def tenants_in(pool: PostgresPool, table: str, viewer: Viewer | None) -> list[str]:
    statement = f"SELECT DISTINCT tenant_id FROM {table} ORDER BY 1"  # noqa: S608 - our own names
    return [row[0] for row in await pool.fetch(statement.encode(), seen_by=viewer)]


@pytest.fixture
def api_dsn(postgres_database: str) -> Iterator[str]:
    with restricted(postgres_database, "analyzer_api") as dsn:
        yield dsn


@pytest.fixture
def worker_dsn(postgres_database: str) -> Iterator[str]:
    with restricted(postgres_database, "analyzer_worker") as dsn:
        yield dsn


async def test_every_table_with_a_tenant_is_secured(pool: PostgresPool) -> None:
    rows = await pool.fetch(
        b"SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        b" WHERE a.attname = 'tenant_id' AND c.relkind = 'r' AND c.relrowsecurity"
    )
    assert {row[0] for row in rows} == set(TABLES)
    rows = await pool.fetch(
        b"SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        b" WHERE a.attname = 'tenant_id' AND c.relkind = 'r' AND NOT c.relrowsecurity"
    )
    assert {row[0] for row in rows} == {"audit_events"}, "which the API cannot read at all"


@pytest.mark.parametrize("table", TABLES)
async def test_the_api_sees_one_tenant_and_without_one_nothing(
    pool: PostgresPool, api_dsn: str, table: str
) -> None:
    await fill(pool)
    async with opened_pool(api_dsn, pool_max_size=1) as api:
        for _ in range(2):
            assert await tenants_in(api, table, tenant("acme")) == ["acme"]
            assert await tenants_in(api, table, None) == []
            assert await tenants_in(api, table, tenant("globex")) == ["globex"]
            assert await tenants_in(api, table, NOBODY) == []
            assert await tenants_in(api, table, tenant("acme' OR 'x'='x")) == []


@pytest.mark.parametrize("table", TABLES)
async def test_owner_and_worker_see_all(pool: PostgresPool, worker_dsn: str, table: str) -> None:
    await fill(pool)
    assert await tenants_in(pool, table, None) == ["acme", "globex"]
    assert await tenants_in(pool, table, tenant("acme")) == ["acme", "globex"]
    async with opened_pool(worker_dsn) as worker:
        if table in {"users", "sessions", "refresh_tokens", "revoked_tokens"}:
            with pytest.raises(StoreUnavailableError, match="permission denied"):
                await tenants_in(worker, table, None)
        else:
            assert await tenants_in(worker, table, None) == ["acme", "globex"]


async def test_the_api_changes_nothing_of_another_tenant(pool: PostgresPool, api_dsn: str) -> None:
    await fill(pool)
    async with opened_pool(api_dsn) as api:
        for statement in (
            b"UPDATE analyses SET cancel_requested_at = now() RETURNING tenant_id",
            b"UPDATE api_keys SET revoked_at = now() RETURNING tenant_id",
            b"UPDATE users SET role = 'viewer' RETURNING tenant_id",
            b"DELETE FROM sessions RETURNING tenant_id",
        ):
            rows = await api.fetch(statement, seen_by=tenant("acme"))
            assert {row[0] for row in rows} == {"acme"}
        foreign = b"INSERT INTO revoked_tokens VALUES ('globex', 'x', now())"
        with pytest.raises(StoreUnavailableError, match="row-level security"):
            await api.fetch(foreign, seen_by=tenant("acme"))
        with pytest.raises(StoreUnavailableError, match="row-level security"):
            await api.fetch(b"UPDATE users SET tenant_id = 'globex'", seen_by=tenant("acme"))


@pytest.mark.parametrize(
    "statement",
    [
        b"SELECT * FROM audit_events", b"UPDATE audit_events SET actor = 'x'",
        b"DELETE FROM analyses", b"UPDATE tenants SET tier = 'premium'", b"DROP TABLE analyses",
        b"UPDATE api_keys SET role = 'admin'", b"TRUNCATE users", b"SELECT * FROM handled_letters",
        b"ALTER TABLE analyses DISABLE ROW LEVEL SECURITY", b"SET ROLE analyzer_worker",
    ],
)  # fmt: skip
async def test_the_api_has_no_more_rights_than_it_needs(api_dsn: str, statement: bytes) -> None:
    async with opened_pool(api_dsn) as api:
        with pytest.raises(StoreUnavailableError, match=r"permission denied|must be owner"):
            await api.fetch(statement, seen_by=tenant("acme"))


async def test_a_key_is_found_by_whoever_has_it(pool: PostgresPool, api_dsn: str) -> None:
    await fill(pool)
    async with opened_pool(api_dsn) as api:
        found = await PostgresApiKeyStore(api).find_api_key(key_hash("globex"))
        assert found == ApiKey("key-globex", "globex", Role.ADMIN)
        viewer = bearer_of(key_hash("globex"))
        assert await tenants_in(api, "api_keys", viewer) == ["globex"]
        assert await tenants_in(api, "tenants", viewer) == ["globex"]
        assert await tenants_in(api, "users", viewer) == []
    (listed,) = await PostgresApiKeyStore(pool).list_api_keys("globex")
    assert listed.last_used_at is not None


async def test_everybodys_unfinished_work_is_counted(pool: PostgresPool, api_dsn: str) -> None:
    await fill(pool)
    async with opened_pool(api_dsn) as api:
        assert await PostgresAnalysisStore(api).count_unfinished(10) == 2
        await PostgresAnalysisStore(api).check()


async def test_a_statement_that_fails_leaves_the_connection_good(
    pool: PostgresPool, api_dsn: str
) -> None:
    await fill(pool)
    async with opened_pool(api_dsn, pool_max_size=1) as api:
        for _ in range(2):
            with pytest.raises(psycopg.errors.DivisionByZero):
                await api.fetch(b"SELECT 1 / 0", seen_by=tenant("acme"))
            assert await tenants_in(api, "analyses", None) == []
            assert await tenants_in(api, "analyses", tenant("acme")) == ["acme"]

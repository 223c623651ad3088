"""What the record looks like in the table."""

from typing import Any

import psycopg
import pytest
from psycopg.errors import CheckViolation

from schemas.events import ImageAnalyzed
from storage.analyses_postgres import PostgresAnalysisStore
from storage.postgres_pool import PostgresPool
from storage.settling import Fact
from tests.contract.storage.examples import analyzed, failed, upload_request, url_request
from tests.contract.storage.migrated import opened_pool

pytestmark = pytest.mark.postgres


def rows(dsn: str) -> list[tuple[Any, ...]]:
    """With the transaction that wrote each: a row that was written again is not the same."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT xmin, md5(a::text) FROM analyses AS a ORDER BY request_id"
        ).fetchall()


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())


async def test_a_replay_writes_no_row_again(pool: PostgresPool, postgres_database: str) -> None:
    store = PostgresAnalysisStore(pool)
    requests = [upload_request() for _ in range(9)]
    facts: list[Fact] = [analyzed(each) for each in requests[:6]]
    facts += [failed(each) for each in requests[4:8]]
    for request in requests:
        await store.accept(request)
    await store.record(facts)
    before = rows(postgres_database)
    for request in requests:
        await store.accept(request)
    await store.record(facts)
    for fact in reversed(facts):
        await store.record([fact])
    assert rows(postgres_database) == before


async def test_a_result_that_replaces_a_failure_leaves_nothing_of_it(
    pool: PostgresPool, postgres_database: str
) -> None:
    store = PostgresAnalysisStore(pool)
    request = url_request()
    await store.accept(request)
    await store.record([failed(request)])
    await store.record([analyzed(request)])
    with psycopg.connect(postgres_database) as connection:
        row = connection.execute(
            "SELECT state, num_nonnulls(failure_code, failure_message, failure_retryable,"
            " failure_attempts) FROM analyses"
        ).fetchone()
    assert row == ("completed", 0)


async def test_a_tombstone_is_not_shown_and_takes_no_outcome(
    pool: PostgresPool, postgres_database: str
) -> None:
    store = PostgresAnalysisStore(pool)
    request = url_request()
    await store.accept(request)
    run(postgres_database, "UPDATE analyses SET state = 'deleted', image_url = NULL")
    before = rows(postgres_database)
    await store.record([analyzed(request)])
    await store.accept(request)
    assert rows(postgres_database) == before
    assert await store.find(request.tenant_id, request.request_id) is None
    assert await store.count_unfinished(10) == 0


async def test_nul_in_a_result_or_an_address_is_replaced(pool: PostgresPool) -> None:
    store = PostgresAnalysisStore(pool)
    request = url_request(image_url="https://x.org/\0")
    await store.accept(request)
    fact = analyzed(request)
    strange = fact.result.model_copy(
        update={"model": fact.result.model.model_copy(update={"version": "1\0\\u0000"})}
    )
    await store.record([ImageAnalyzed.model_construct(**dict(fact) | {"result": strange})])
    found = await store.find(request.tenant_id, request.request_id)
    assert found is not None
    assert "1\N{REPLACEMENT CHARACTER}\\\\u0000" in repr(found.outcome)
    assert "x.org/\N{REPLACEMENT CHARACTER}" in repr(found.request)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'lost'",
        "kind = 'fax'",
        "state = 'completed', finished_at = now()",
        "state = 'failed', finished_at = now()",
        "state = 'failed', finished_at = now(), failure_code = 'x'",
        "finished_at = now()",
        "result = '{}'",
        "failure_code = 'x'",
        "image_url = NULL",
        "object_key = 'acme/x'",
        "kind = 'upload'",
    ],
)
async def test_a_row_that_contradicts_itself_is_refused(
    pool: PostgresPool, postgres_database: str, change: str
) -> None:
    await PostgresAnalysisStore(pool).accept(url_request())
    with pytest.raises(CheckViolation):
        run(postgres_database, f"UPDATE analyses SET {change}")  # noqa: S608 - our own text


async def test_options_of_the_dsn_are_kept(postgres_database: str) -> None:
    async with opened_pool(f"{postgres_database}?options=-c%20work_mem%3D7MB") as pool:
        assert await pool.fetch(b"SHOW work_mem") == [("7MB",)]
        assert await pool.fetch(b"SHOW statement_timeout") == [("5s",)]
        assert await pool.fetch(b"SHOW timezone") == [("UTC",)]

"""PostgreSQL stopped, paused, slow, read-only or quarrelling: said in bounded time, then healed."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from storage.analyses_postgres import PostgresAnalysisStore
from storage.breaker import CircuitBreaker
from storage.errors import StoreUnavailableError, TransientStorageError
from storage.postgres_pool import PostgresPool
from storage.settings import PostgresSettings
from tests.contract.storage.examples import upload_request
from tests.contract.storage.migrated import opened_pool
from tests.support.services.postgres import Postgres
from tests.support.within import crowd, within

pytestmark = pytest.mark.postgres

IMPATIENT = {"statement_timeout_ms": 500, "pool_wait_s": 1, "connect_timeout_s": 2}
OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())


def on_insert(dsn: str, body: str) -> None:
    """Something that happens in the database before each acceptance."""
    run(dsn, "CREATE SEQUENCE IF NOT EXISTS attempts")
    run(
        dsn,
        "CREATE FUNCTION happen() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {body} RETURN NEW; END $$",
    )
    run(
        dsn,
        "CREATE TRIGGER happens BEFORE INSERT ON analyses FOR EACH ROW EXECUTE FUNCTION happen()",
    )


async def until_it_works(ask: Callable[[], Awaitable[None]], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while True:
            try:
                return await ask()
            except StoreUnavailableError:
                await asyncio.sleep(0.05)


async def test_stopped_then_started(postgres_database: str, postgres_to_break: Postgres) -> None:
    async with opened_pool(postgres_database, **IMPATIENT) as pool:
        store = PostgresAnalysisStore(pool)
        await store.check()
        postgres_to_break.stop()
        asks: list[Callable[[], Awaitable[object]]] = [
            store.check,
            lambda: store.accept(upload_request()),
            lambda: store.find("acme", upload_request().request_id),
        ]
        for ask in asks:
            with within(3), pytest.raises(StoreUnavailableError) as caught:
                await ask()
            assert caught.value.dependency == "postgres"
        with pytest.raises(StoreUnavailableError):
            async with store.sweeping():
                pytest.fail("nobody may sweep without the lock")
        postgres_to_break.start()
        await until_it_works(store.check, within_s=10)


async def test_a_process_may_start_first(
    postgres_database: str, postgres_to_break: Postgres
) -> None:
    postgres_to_break.stop()
    began = time.monotonic()
    async with opened_pool(postgres_database, **IMPATIENT) as pool:
        assert time.monotonic() - began < 1 * crowd()
        store = PostgresAnalysisStore(pool)
        with within(3), pytest.raises(StoreUnavailableError):
            await store.check()
        postgres_to_break.start()
        await until_it_works(store.check, within_s=10)


async def test_a_crash_between_two_calls_is_not_noticed_once_it_is_back(
    postgres_database: str, postgres_to_break: Postgres
) -> None:
    async with opened_pool(postgres_database) as pool:
        store = PostgresAnalysisStore(pool)
        await asyncio.gather(*(store.check() for _ in range(8)))
        postgres_to_break.kill()
        postgres_to_break.start()
        await store.accept(upload_request())


async def test_a_dead_server_is_left_alone_and_asked_again_after_the_pause(
    postgres_database: str, postgres_to_break: Postgres
) -> None:
    now = 0.0
    breaker = CircuitBreaker("postgres", pause_s=2, clock=lambda: now)
    settings = PostgresSettings.model_validate({"dsn": postgres_database} | IMPATIENT)
    pool = PostgresPool(settings, breaker=breaker)
    await pool.open()
    store = PostgresAnalysisStore(pool)
    request_id = upload_request().request_id
    await store.check()
    postgres_to_break.kill()
    finds = [store.find("acme", request_id) for _ in range(3)]
    told = await asyncio.gather(*finds, return_exceptions=True)
    assert {type(error) for error in told} == {StoreUnavailableError}
    postgres_to_break.start()
    for _ in range(3):
        with within(0.2), pytest.raises(StoreUnavailableError, match="left alone"):
            await store.find("acme", request_id)
    now += 2
    finds = [store.find("acme", request_id) for _ in range(20)]
    told = await asyncio.gather(*finds, return_exceptions=True)
    assert told.count(None) == 1, "one has asked, and nineteen were told so"
    assert await asyncio.gather(*(store.find("acme", request_id) for _ in range(20))) == [None] * 20
    await pool.aclose()


async def test_a_check_that_succeeds_ends_the_pause(
    postgres_database: str, postgres_to_break: Postgres
) -> None:
    async with opened_pool(postgres_database, **IMPATIENT, breaker_pause_s=1000) as pool:
        store = PostgresAnalysisStore(pool)
        postgres_to_break.kill()
        accepts = [store.accept(upload_request()) for _ in range(3)]
        await asyncio.gather(*accepts, return_exceptions=True)
        postgres_to_break.start()
        with pytest.raises(StoreUnavailableError, match="left alone"):
            await store.accept(upload_request())
        await until_it_works(store.check, within_s=10)
        await store.accept(upload_request())


async def test_connections_closed_by_the_server_are_replaced(
    pool: PostgresPool, postgres_database: str
) -> None:
    store = PostgresAnalysisStore(pool)
    for _ in range(5):
        await asyncio.gather(*(store.accept(upload_request()) for _ in range(8)))
        run(postgres_database, OTHERS)
        await store.accept(upload_request())
    assert await store.count_unfinished(100) == 45


async def test_paused_is_unavailable_and_not_a_hang(
    postgres_database: str, postgres_to_break: Postgres
) -> None:
    async with opened_pool(postgres_database, **IMPATIENT) as pool:
        store = PostgresAnalysisStore(pool)
        await store.check()
        postgres_to_break.pause()
        for _ in range(3):
            with within(3), pytest.raises(StoreUnavailableError):
                await store.accept(upload_request())
        with within(3), pytest.raises(StoreUnavailableError):
            async with store.sweeping():
                pytest.fail("nobody may sweep without the lock")
        postgres_to_break.resume()
        await until_it_works(store.check, within_s=10)


async def test_a_check_of_a_paused_server_ends_in_two_seconds(
    postgres_database: str, postgres_to_break: Postgres
) -> None:
    async with opened_pool(postgres_database) as pool:
        store = PostgresAnalysisStore(pool)
        await store.check()
        postgres_to_break.pause()
        with within(3), pytest.raises(StoreUnavailableError, match=r"no answer within 1\.8 s"):
            await store.check()


async def test_a_slow_statement_ends_in_time(postgres_database: str) -> None:
    on_insert(postgres_database, "PERFORM pg_sleep(30);")
    async with opened_pool(postgres_database, **IMPATIENT) as pool:
        with within(3), pytest.raises(StoreUnavailableError, match="statement timeout"):
            await PostgresAnalysisStore(pool).accept(upload_request())


async def test_a_full_pool_is_waited_for_only_so_long(postgres_database: str) -> None:
    on_insert(postgres_database, "PERFORM pg_sleep(3);")
    settings = {"pool_max_size": 1, "pool_wait_s": 0.3}
    async with opened_pool(postgres_database, **settings) as pool:
        store = PostgresAnalysisStore(pool)
        await store.check()
        slow = asyncio.create_task(store.accept(upload_request()))
        await until_it_works(lambda: _is_sleeping(postgres_database), within_s=5)
        with within(2), pytest.raises(StoreUnavailableError, match=r"0\.30 sec"):
            await store.check()
        await slow


async def test_read_only_is_unavailable_for_writing(postgres_database: str) -> None:
    run(
        postgres_database,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
        " current_database()); END $$",
    )
    async with opened_pool(postgres_database) as pool:
        store = PostgresAnalysisStore(pool)
        await store.check()
        for _ in range(4):
            with pytest.raises(StoreUnavailableError, match="read-only"):
                await store.accept(upload_request())
        assert await store.count_unfinished(10) == 0, "what may be read is read"


async def test_a_quarrel_is_repeated(postgres_database: str) -> None:
    on_insert(
        postgres_database,
        "IF nextval('attempts') <= 3 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END IF;",
    )
    async with opened_pool(postgres_database) as pool:
        store = PostgresAnalysisStore(pool)
        await store.accept(upload_request())
        assert await store.count_unfinished(10) == 1


async def test_a_quarrel_without_end_is_transient(postgres_database: str) -> None:
    on_insert(
        postgres_database,
        "PERFORM nextval('attempts'); RAISE EXCEPTION 'x' USING ERRCODE = '40001';",
    )
    async with opened_pool(postgres_database) as pool:
        with pytest.raises(TransientStorageError):
            await PostgresAnalysisStore(pool).accept(upload_request())
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("SELECT last_value FROM attempts").fetchone() == (4,)


async def test_a_sweep_that_loses_its_connection_ends_quietly(
    pool: PostgresPool, postgres_database: str
) -> None:
    store = PostgresAnalysisStore(pool)
    async with store.sweeping() as mine:
        assert mine
        run(postgres_database, OTHERS)
        async with store.sweeping() as theirs:
            assert theirs


async def _is_sleeping(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        ).fetchone()
    if row != (1,):
        raise StoreUnavailableError("postgres", "nobody sleeps yet")

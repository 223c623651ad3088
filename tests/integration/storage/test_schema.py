"""Migrations: complete, safe when run twice at once, and equal to the tables declared."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from storage.analyses_postgres import PostgresAnalysisStore
from storage.errors import StoreUnavailableError
from storage.schema import HEAD, MIGRATIONS, current_version, upgrade
from storage.tables import Table
from tests.contract.storage.migrated import opened_pool

pytestmark = pytest.mark.postgres

CHECKS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
ORDER BY conname
"""


def engine_of(dsn: str) -> Engine:
    return create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool
    )


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def constraints(dsn: str) -> list[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(CHECKS).fetchall()


def test_the_schema_that_the_code_needs_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_an_empty_database_is_migrated_once(empty_database: str) -> None:
    assert current_version(empty_database) is None
    upgrade(empty_database)
    assert current_version(empty_database) == HEAD
    upgrade(empty_database)
    assert current_version(empty_database) == HEAD


def test_the_name_value_form_of_a_dsn_will_do(empty_database: str) -> None:
    pairs = {name: str(value) for name, value in conninfo_to_dict(empty_database).items()}
    form = make_conninfo(**pairs)
    upgrade(form)
    assert current_version(form) == HEAD


def test_the_migrated_schema_equals_the_tables_declared(postgres_database: str) -> None:
    with engine_of(postgres_database).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Table.metadata) == []


def test_the_constraints_equal_the_ones_declared(
    postgres_database: str, empty_database: str
) -> None:
    with engine_of(empty_database).begin() as connection:
        Table.metadata.create_all(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text)")
    assert constraints(postgres_database) == constraints(empty_database)


def test_many_migrations_at_once_are_one(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as together:
        for done in [together.submit(upgrade, empty_database) for _ in range(4)]:
            done.result()
    assert current_version(empty_database) == HEAD


def test_a_migration_that_takes_too_long_is_not_waited_for(empty_database: str) -> None:
    with psycopg.connect(empty_database) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, 2)", (0x41494D47,))
        with pytest.raises(StoreUnavailableError, match="another migration runs"):
            upgrade(empty_database, wait_s=1)
    assert current_version(empty_database) is None


def test_a_migration_can_be_taken_back(empty_database: str) -> None:
    upgrade(empty_database)
    with engine_of(empty_database).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert current_version(empty_database) is None
    upgrade(empty_database)


def test_a_database_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(StoreUnavailableError):
        upgrade("postgresql://nobody@127.0.0.1:1/none")


async def test_a_database_without_the_schema_asks_for_it(empty_database: str) -> None:
    async with opened_pool(empty_database) as pool:
        with pytest.raises(StoreUnavailableError, match="image-analyzer migrate"):
            await PostgresAnalysisStore(pool).check()


async def test_an_older_schema_asks_for_the_newer(postgres_database: str) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        async with opened_pool(postgres_database) as pool:
            store = PostgresAnalysisStore(pool)
            with pytest.raises(StoreUnavailableError, match=r"schema is 0000.*needs"):
                await store.check()
            connection.execute("UPDATE alembic_version SET version_num = %s", (HEAD,))
            await store.check()
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            await store.check()

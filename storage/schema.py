"""Bring a database to the schema that this code needs. Imports Alembic: for commands only."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from storage.errors import StoreUnavailableError
from storage.postgres_errors import to_storage_error
from storage.schema_version import HEAD

__all__ = ["HEAD", "alembic_config", "current_version", "upgrade"]

MIGRATIONS: Final = Path(__file__).parent / "migrations"
LOCK_S: Final = 10
STATEMENT_S: Final = 300
_MIGRATION_LOCK: Final = {"space": 0x41494D47, "lock": 2}


def upgrade(
    dsn: str, *, wait_s: int = 60, statement_s: int = STATEMENT_S, folder: Path = MIGRATIONS
) -> None:
    """Apply what is missing: each migration whole or not at all, and what ran before stays. Two at
    once are safe: the second waits.

    Raises StoreUnavailableError, also when another migration takes longer than `wait_s`, a table
    stays locked for 10 s or a statement takes longer than `statement_s`: a repeat goes on there.
    Hole: a migration that ends its transaction, to build an index while others write, is whole
    only if it can be repeated itself.
    """
    with _connected(dsn) as connection:
        _wait_for_others(connection, wait_s)
        _set(connection, "lock_timeout", LOCK_S)
        _set(connection, "statement_timeout", statement_s)
        connection.commit()
        config = alembic_config(folder)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config(folder: Path = MIGRATIONS) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def current_version(dsn: str) -> str | None:
    """None for a database that was never migrated. Raises StoreUnavailableError."""
    with _connected(dsn) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _connected(dsn: str) -> Iterator[Connection]:
    """What was locked for the session is free when the block is left: the connection is closed."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn, connect_timeout=5),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        cause = error.orig
        storage_error = to_storage_error(cause) if isinstance(cause, psycopg.Error) else None
        if storage_error is None:
            raise
        raise storage_error from error


def _wait_for_others(connection: Connection, wait_s: int) -> None:
    """By asking again: a statement that waits is a transaction, which whoever has the lock and
    builds an index beside others' work would wait for in turn."""
    until = time.monotonic() + wait_s
    asking = text("SELECT pg_try_advisory_lock(cast(:space AS int), cast(:lock AS int))")
    while not connection.execute(asking, _MIGRATION_LOCK).scalar_one():
        connection.commit()
        if time.monotonic() > until:
            raise StoreUnavailableError("postgres", f"another migration runs for over {wait_s} s")
        time.sleep(0.1)
    connection.commit()


def _set(connection: Connection, name: str, seconds: int) -> None:
    """For the session."""
    connection.execute(
        text("SELECT set_config(:name, :limit, false)"), {"name": name, "limit": f"{seconds}s"}
    )

"""Bring a database to the schema that this code needs. Imports Alembic: for commands only."""

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

from storage.postgres_errors import to_storage_error
from storage.schema_version import HEAD

__all__ = ["HEAD", "current_version", "upgrade"]

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK: Final = {"space": 0x41494D47, "lock": 2}


def upgrade(dsn: str, *, wait_s: int = 60) -> None:
    """Apply what is missing, all of it or nothing. Two at once are safe: the second waits.

    Raises StoreUnavailableError, also when another migration takes longer than `wait_s` or a
    table stays locked for 10 s: then nothing has changed.
    """
    with _transaction(dsn) as connection:
        _limit_lock_waits(connection, wait_s)
        connection.execute(
            text("SELECT pg_advisory_xact_lock(cast(:space AS int), cast(:lock AS int))"),
            _MIGRATION_LOCK,
        )
        _limit_lock_waits(connection, 10)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_version(dsn: str) -> str | None:
    """None for a database that was never migrated. Raises StoreUnavailableError."""
    with _transaction(dsn) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _transaction(dsn: str) -> Iterator[Connection]:
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn, connect_timeout=5),
        poolclass=NullPool,
    )
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        cause = error.orig
        storage_error = to_storage_error(cause) if isinstance(cause, psycopg.Error) else None
        if storage_error is None:
            raise
        raise storage_error from error


def _limit_lock_waits(connection: Connection, seconds: int) -> None:
    connection.execute(
        text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": f"{seconds}s"}
    )

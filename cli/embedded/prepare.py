"""What an embedded instance needs before its processes start; run as a short process of its own,
so that the one that supervises stays small."""

import asyncio
from pathlib import Path

from cli.api_keys import add_key
from cli.exit_codes import DependencyError
from cli.settings import Settings, require
from schemas.identity import KeyWish
from storage.analyses_postgres import PostgresAnalysisStore
from storage.errors import StorageError
from storage.postgres_pool import PostgresPool
from storage.settings import PostgresSettings
from topics.admin import create_topics
from topics.errors import LogUnavailableError

DEMO_TENANT = "demo"


def prepare(settings: Settings, key_file: Path | None) -> None:
    """Topics always; tables and the demo key only when a file holds that key.
    Raises DependencyError."""
    key = None if key_file is None else key_file.read_text(encoding="utf-8").strip()
    try:
        asyncio.run(_prepare(settings, key))
    except (LogUnavailableError, StorageError) as error:
        raise DependencyError(str(error)) from error


async def _prepare(settings: Settings, key: str | None) -> None:
    creating = asyncio.create_task(create_topics(settings.kafka))
    if key is not None:
        postgres = require(settings.postgres, "ANALYZER_POSTGRES__DSN")
        if not await _is_current(postgres):
            await asyncio.to_thread(_migrate, postgres)
        wish = KeyWish(name="demo key of the embedded mode")
        await add_key(postgres, key, tenant=DEMO_TENANT, wish=wish)
    await creating


async def _is_current(postgres: PostgresSettings) -> bool:
    """Asked of the table itself: the migration tool takes half a second to load."""
    pool = PostgresPool(postgres)
    await pool.open()
    try:
        await PostgresAnalysisStore(pool).check()
    except StorageError:
        return False
    else:
        return True
    finally:
        await pool.aclose()


def _migrate(postgres: PostgresSettings) -> None:
    from storage.schema import upgrade  # noqa: PLC0415 - as said above

    upgrade(postgres.dsn.get_secret_value())

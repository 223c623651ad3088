"""How migrations are run: what bounds them, what a broken one leaves, and who works after them."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from storage import schema
from storage.analyses_postgres import PostgresAnalysisStore
from storage.errors import StoreUnavailableError
from storage.migrations.lint import problems
from storage.schema import HEAD, LOCK_S, MIGRATIONS, STATEMENT_S, current_version, upgrade
from storage.schema_version import mark
from tests.contract.storage.migrated import opened_pool

pytestmark = pytest.mark.postgres
HEADER = '''"""One more."""

from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
'''
NOTES_ITS_LIMITS = """

def upgrade():
    op.execute(
        "CREATE TABLE limits AS SELECT current_setting('lock_timeout') AS lock,"
        " current_setting('statement_timeout') AS statement"
    )
"""
TAKES_A_NAP = """

def upgrade():
    op.execute("CREATE TABLE half (id int)")
    op.execute("SELECT pg_sleep(60)")
"""
BUILDS_AN_INDEX = """

def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_lane ON analyses (lane)")
"""
TAKES_AWAY = """
oldest_program = "9001"


def upgrade():
    op.execute("ALTER TABLE limits DROP COLUMN lock")


def downgrade():
    op.execute("ALTER TABLE limits ADD COLUMN lock text")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Our migrations, to be added to."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def add(folder: Path, revision: str, before: str, text: str) -> None:
    header = HEADER.format(revision=revision, before=before)
    (folder / "versions" / f"{revision}_more.py").write_text(header + text)


def rows(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_a_migration_waits_for_nothing_for_long(empty_database: str, folder: Path) -> None:
    add(folder, "9001", HEAD, NOTES_ITS_LIMITS)
    upgrade(empty_database, folder=folder)
    assert rows(empty_database, "SELECT lock, statement FROM limits") == [
        (f"{LOCK_S}s", f"{STATEMENT_S // 60}min")
    ]


def test_one_that_takes_too_long_is_taken_back_and_those_before_it_stay(
    empty_database: str, folder: Path
) -> None:
    add(folder, "9001", HEAD, TAKES_A_NAP)
    with pytest.raises(StoreUnavailableError, match="statement timeout"):
        upgrade(empty_database, statement_s=1, folder=folder)
    assert current_version(empty_database) == HEAD
    assert rows(empty_database, "SELECT to_regclass('half')") == [(None,)]


def test_an_index_is_built_while_others_write(postgres_database: str, folder: Path) -> None:
    add(folder, "9001", HEAD, BUILDS_AN_INDEX)
    assert problems(HEAD, folder) == []
    upgrade(postgres_database, folder=folder)
    assert current_version(postgres_database) == "9001"
    assert rows(
        postgres_database, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_lane'::regclass"
    ) == [(True,)]


def test_an_index_is_built_beside_a_transaction_that_is_older_than_any_lock_is_waited_for(
    empty_database: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where somebody left one of that name that is of no use."""
    monkeypatch.setattr(schema, "LOCK_S", 1)
    for script in (folder / "versions").glob("*.py"):
        if script.stem > "0006":
            script.unlink()
    upgrade(empty_database, folder=folder)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE INDEX ix_webhook_deliveries_turns ON webhook_deliveries (state)")
    with ThreadPoolExecutor(1) as thread, psycopg.connect(empty_database) as old:
        old.execute("SELECT count(*) FROM webhook_deliveries")
        upgrading = thread.submit(upgrade, empty_database)
        with pytest.raises(TimeoutError):
            upgrading.result(timeout=3)
        old.rollback()
        upgrading.result(timeout=60)
    [(definition, is_valid)] = rows(
        empty_database,
        "SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index"
        " WHERE indexrelid = 'ix_webhook_deliveries_turns'::regclass",
    )
    assert is_valid
    assert "md5(receiver)" in str(definition)


async def test_a_program_works_with_what_was_added_and_not_without_what_was_taken_away(
    postgres_database: str, folder: Path
) -> None:
    add(folder, "9001", HEAD, NOTES_ITS_LIMITS)
    upgrade(postgres_database, folder=folder)
    async with opened_pool(postgres_database) as pool:
        await PostgresAnalysisStore(pool).check()
        add(folder, "9002", "9001", TAKES_AWAY)
        upgrade(postgres_database, folder=folder)
        with pytest.raises(StoreUnavailableError, match="programs of schema 9001 and newer"):
            await PostgresAnalysisStore(pool).check()
    assert rows(
        postgres_database, "SELECT obj_description('alembic_version'::regclass, 'pg_class')"
    ) == [(mark("9001"),)]
    assert problems(HEAD, folder) == []


def test_taking_away_without_a_word_or_from_the_version_before_is_refused(folder: Path) -> None:
    add(folder, "9001", HEAD, NOTES_ITS_LIMITS)
    add(folder, "9002", "9001", TAKES_AWAY.replace('oldest_program = "9001"\n', ""))
    [problem] = problems(HEAD, folder)
    assert problem.startswith("9002: ban-drop-column")
    add(folder, "9002", "9001", TAKES_AWAY.replace('"9001"', '"9002"', 1))
    [problem] = problems(HEAD, folder)
    assert problem == "9002: oldest-program: 9002 leaves nothing of the version before it working"

"""Migrations: what would stop a running program is refused, and what adds is let through."""

import pytest
from alembic.script import ScriptDirectory

from storage.migrations.lint import RELEASED, problems, problems_of
from storage.schema import alembic_config

FORBIDDEN = {
    "ALTER TABLE analyses ADD COLUMN x uuid DEFAULT gen_random_uuid()": "adding-field-with-default",
    "ALTER TABLE analyses ADD COLUMN x text NOT NULL": "adding-required-field",
    "ALTER TABLE analyses ADD COLUMN x bigserial": "whole-table",
    "CREATE INDEX ix ON analyses (lane)": "require-concurrent-index-creation",
    "CREATE UNIQUE INDEX ix ON analyses (lane)": "require-concurrent-index-creation",
    "BEGIN; CREATE INDEX CONCURRENTLY ix ON analyses (lane); COMMIT": (
        "ban-concurrent-index-creation-in-transaction"
    ),
    "DROP INDEX ix": "require-concurrent-index-deletion",
    "REINDEX TABLE analyses": "require-concurrent-reindex",
    "ALTER TABLE analyses ALTER COLUMN size_bytes TYPE integer": "changing-column-type",
    "ALTER TABLE analyses ALTER COLUMN sha256 SET NOT NULL": "adding-not-nullable-field",
    "ALTER TABLE analyses ADD CONSTRAINT c CHECK (size_bytes > 0)": "constraint-missing-not-valid",
    "ALTER TABLE api_keys ADD CONSTRAINT f FOREIGN KEY (name) REFERENCES tenants (tenant_id)": (
        "adding-foreign-key-constraint"
    ),
    "ALTER TABLE analyses ADD CONSTRAINT u UNIQUE (request_id)": "disallowed-unique-constraint",
    "ALTER TABLE analyses RENAME COLUMN kind TO sort": "renaming-column",
    "ALTER TABLE analyses RENAME TO requests": "renaming-table",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'x'": "renaming-object",
    "ALTER TABLE analyses SET UNLOGGED": "whole-table",
    "LOCK TABLE analyses": "whole-table",
    "UPDATE analyses SET lane = 'bulk'": "backfill",
    "DELETE FROM analyses": "backfill",
    "TRUNCATE analyses": "backfill",
    "SET lock_timeout = 0": "own-timeouts",
    "SET LOCAL statement_timeout = 0": "own-timeouts",
    "SELECT set_config('lock_timeout', '0', false)": "own-timeouts",
    "DROP DATABASE analyzer": "ban-drop-database",
}
TAKES_AWAY = {
    "ALTER TABLE analyses DROP COLUMN lane": "ban-drop-column",
    "ALTER TABLE analyses DROP CONSTRAINT c": "ban-drop-constraint",
    "DROP TABLE handled_letters": "ban-drop-table",
    "DROP VIEW unfinished_analyses": "ban-drop-view",
    "REVOKE SELECT ON analyses FROM analyzer_api": "revoking",
}
ADDS = (
    "ALTER TABLE analyses ADD COLUMN x text",
    "ALTER TABLE analyses ADD COLUMN x integer DEFAULT 0 NOT NULL",
    "CREATE INDEX CONCURRENTLY ix ON analyses (lane)",
    "ALTER TABLE analyses ADD CONSTRAINT c CHECK (size_bytes > 0) NOT VALID",
    "BEGIN; CREATE TABLE t (id bigint PRIMARY KEY, n text); CREATE INDEX ix ON t (n); COMMIT",
    "GRANT SELECT ON analyses TO analyzer_api",
    "UPDATE alembic_version SET version_num = '0004'",
)


def rules(sql: str, *, may_drop: bool) -> list[str]:
    return [problem.partition(":")[0] for problem in problems_of(f"{sql};\n", may_drop=may_drop)]


@pytest.mark.parametrize(("sql", "rule"), FORBIDDEN.items())
def test_what_stops_a_running_program_is_refused_in_every_case(sql: str, rule: str) -> None:
    assert rule in rules(sql, may_drop=False)
    assert rule in rules(sql, may_drop=True)


@pytest.mark.parametrize(("sql", "rule"), TAKES_AWAY.items())
def test_taking_away_needs_the_word_of_who_goes_on_working(sql: str, rule: str) -> None:
    assert rules(sql, may_drop=False) == [rule]
    assert rules(sql, may_drop=True) == []


@pytest.mark.parametrize("sql", ADDS)
def test_what_adds_is_let_through(sql: str) -> None:
    assert problems_of(f"{sql};\n", may_drop=False) == []


def test_every_migration_behind_the_released_one_may_be_run() -> None:
    assert problems() == []
    scripts = ScriptDirectory.from_config(alembic_config())
    assert scripts.get_revision(RELEASED) is not None


def test_a_released_one_would_not_be_let_through() -> None:
    """Or the test above could not fail."""
    assert any(
        problem.startswith("0003: constraint-missing-not-valid") for problem in problems("0002")
    )

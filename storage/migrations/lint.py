"""`python -m storage.migrations.lint`: refuses migrations that would stop a running program.

Each migration behind the released one is turned into the SQL that it sends, and read by squawk and
by the rules below. What it may do and how the rest is done in two steps: docs/adr/ on expand and
contract.
"""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alembic import command
from alembic.script import Script, ScriptDirectory

from storage.migrations.oldest_program import oldest_program_of
from storage.schema import LOCK_S, MIGRATIONS, STATEMENT_S, alembic_config

RELEASED: Final = "0003"
"""Databases of customers are there; what led to it is not judged any more."""

_SQUAWK: Final = Path(sys.executable).parent / "squawk"
_LIMITS: Final = f"SET lock_timeout = '{LOCK_S}s';\nSET statement_timeout = '{STATEMENT_S}s';\n"
"""As the runner sets them."""
_TASTE: Final = (
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity",
    "prefer-robust-stmts", "prefer-text-field",
)  # fmt: skip
"""Rules of squawk that protect nobody who is running."""
_NEVER: Final = "ban-drop-database"
_RULES: Final = {
    "revoking": r"\bREVOKE\b",
    "own-timeouts": r"\bSET\s+(LOCAL\s+|SESSION\s+)?(lock|statement)_timeout\b|\bset_config\b",
    "whole-table": r"\bLOCK\s+TABLE\b|\bVACUUM\b|\bCLUSTER\b|\bREFRESH\s+MATERIALIZED\b"
    r"|\bSET\s+(TABLESPACE|LOGGED|UNLOGGED)\b|\bADD\s+COLUMN\s+\S+\s+(SMALL|BIG)?SERIAL\b",
    "backfill": r"^\s*(UPDATE|DELETE\s+FROM|INSERT\s+INTO)\s+(?!alembic_version\b)|\bTRUNCATE\b",
}
"""What squawk lets pass, by a name and what is looked for."""


def problems_of(sql: str, *, may_drop: bool) -> list[str]:
    """One line for each statement that must not be sent."""
    found = [*_ours(sql), *_squawks(_LIMITS + sql)]
    return [f"{rule}: {text}" for rule, text in found if not (may_drop and _takes_away(rule))]


def problems(released: str = RELEASED, folder: Path = MIGRATIONS) -> list[str]:
    """Of all migrations behind that one; empty when all is well."""
    scripts = ScriptDirectory.from_config(alembic_config(folder))
    later = list(scripts.iterate_revisions("head", released))
    return [
        f"{script.revision}: {problem}"
        for script in reversed(later)
        for problem in (*_sayings(script), *_problems_of(script, folder))
    ]


def _problems_of(script: Script, folder: Path) -> list[str]:
    may_drop = oldest_program_of(script.module) is not None
    return problems_of(_sql_of(script, folder), may_drop=may_drop)


def _sayings(script: Script) -> Iterator[str]:
    oldest = oldest_program_of(script.module)
    if oldest is not None and not re.fullmatch("[0-9]{4}", oldest):
        yield f"oldest-program: {oldest!r} is not the revision of a schema"
    elif oldest is not None and oldest >= script.revision:
        yield f"oldest-program: {oldest} leaves nothing of the version before it working"


def _sql_of(script: Script, folder: Path) -> str:
    """What it sends."""
    written = io.StringIO()
    config = alembic_config(folder)
    config.output_buffer = written
    command.upgrade(config, f"{script.down_revision}:{script.revision}", sql=True)
    return written.getvalue()


def _takes_away(rule: str) -> bool:
    """Allowed to a migration that says by `oldest_program` who goes on working after it."""
    return rule == "revoking" or (rule.startswith("ban-drop-") and rule != _NEVER)


def _ours(sql: str) -> Iterator[tuple[str, str]]:
    for rule, pattern in _RULES.items():
        for found in re.finditer(pattern, sql, re.IGNORECASE | re.MULTILINE):
            yield rule, " ".join(found[0].split())


def _squawks(sql: str) -> Iterator[tuple[str, str]]:
    read = subprocess.run(  # noqa: S603 - a program of our own environment
        (str(_SQUAWK), "--reporter", "json", "--exclude", ",".join(_TASTE), "--pg-version", "15"),
        input=sql, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if read.returncode not in {0, 1} or not read.stdout:
        raise RuntimeError(f"squawk did not read the migration: {read.stderr[:300]}")
    lines = sql.splitlines()
    for found in json.loads(read.stdout):
        yield found["rule_name"], f"{found['message']} ({lines[found['line']].strip()[:100]})"


def main() -> int:
    found = problems()
    for problem in found:
        print(f"migration {problem}", file=sys.stderr)  # noqa: T201 - a command's answer
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

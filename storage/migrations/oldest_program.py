"""A migration that takes something away says which programs go on working after it."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationInfo

from storage.schema_version import mark

_ATTRIBUTE = "oldest_program"


def oldest_program_of(module: object) -> str | None:
    """Of a migration: the schema that a program must know at least to work after it, as its
    `oldest_program` says; None when it only adds, and so disturbs nobody."""
    found = getattr(module, _ATTRIBUTE, None)
    return None if found is None else str(found)


def note_oldest_program(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: Collection[Any],
    run_args: Mapping[str, Any],
) -> None:
    """Written into the database in the transaction of the migration, for every program to read.
    For Alembic to call."""
    del heads, run_args
    oldest = oldest_program_of(getattr(step.up_revision, "module", None))
    if oldest is None:
        return
    said = f"'{mark(oldest)}'" if step.is_upgrade else "NULL"
    ctx.execute(f"COMMENT ON TABLE alembic_version IS {said}")

"""Indexes of tables that others write to meanwhile."""

from alembic import op

from storage.schema import LOCK_S


def build_beside_writers(name: str, definition: str) -> None:
    """`CREATE INDEX CONCURRENTLY name ON definition`, outside of any transaction; what another run
    left of it half built is built again. Call it first: what the migration did before is not taken
    back when it fails.

    Such a build waits, by a lock, for every transaction that is older (a backup, a long query), and
    disturbs nobody meanwhile. So no limit of locks is set for it, only that of statements.
    """
    context = op.get_context()
    with context.autocommit_block():
        if not context.as_sql:
            op.execute("SET lock_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {definition}")
        if not context.as_sql:
            op.execute(f"SET lock_timeout = '{LOCK_S}s'")

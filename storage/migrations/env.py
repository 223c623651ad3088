"""What Alembic runs around the migrations: on the connection that it was handed, or as SQL text."""

from alembic import context

from storage.migrations.oldest_program import note_oldest_program
from storage.tables import Table

if context.is_offline_mode():
    context.configure(
        dialect_name="postgresql",
        target_metadata=Table.metadata,
        transaction_per_migration=True,
        on_version_apply=note_oldest_program,
    )
else:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Table.metadata,
        transaction_per_migration=True,
        on_version_apply=note_oldest_program,
    )
with context.begin_transaction():
    context.run_migrations()

"""What Alembic runs around the migrations: always on the connection that it was handed."""

from alembic import context

from storage.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
)
with context.begin_transaction():
    context.run_migrations()

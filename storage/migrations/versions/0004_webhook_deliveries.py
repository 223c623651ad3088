"""Webhook deliveries and their attempts; which secret of a tenant signs them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = ("webhook_deliveries", "webhook_attempts")
OWN = "tenant_id = current_setting('analyzer.tenant', true)"
IS_KNOWN_EVENT = "event IN ('image-analyzed', 'analysis-failed')"
IS_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Adds and changes nothing that is there: code that knows nothing of it goes on working."""
    op.add_column(
        "tenants",
        sa.Column(
            "webhook_secret_version", sa.Integer(), server_default=sa.text("1"), nullable=False
        ),
    )
    op.add_column("tenants", sa.Column("webhook_previous_until", MOMENT))
    _create_deliveries()
    _create_attempts()
    _secure_rows()


def _create_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("begun_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("due_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("traceparent", sa.Text()),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", name="pk_webhook_deliveries"),
        sa.CheckConstraint(IS_KNOWN_EVENT, name=op.f("ck_webhook_deliveries_event_is_known")),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'dead')",
            name=op.f("ck_webhook_deliveries_state_is_known"),
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (finished_at IS NULL)",
            name=op.f("ck_webhook_deliveries_has_its_end"),
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_waiting", "webhook_deliveries",
        ["tenant_id", "receiver", "due_at"], postgresql_where=IS_PENDING,
    )
    op.create_index(
        "ix_webhook_deliveries_due_at", "webhook_deliveries", ["due_at"],
        postgresql_where=IS_PENDING,
    )
    op.create_index(
        "ix_webhook_deliveries_finished_at", "webhook_deliveries", ["finished_at"],
        postgresql_where=sa.text("state <> 'pending'"),
    )


def _create_attempts() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", "number", name="pk_webhook_attempts"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"],
            ["webhook_deliveries.tenant_id", "webhook_deliveries.request_id"],
            name="fk_webhook_attempts_tenant_id_webhook_deliveries", ondelete="CASCADE",
        ),
        sa.CheckConstraint(IS_KNOWN_EVENT, name=op.f("ck_webhook_attempts_event_is_known")),
    )


def _secure_rows() -> None:
    """The API shows a tenant its own; who works them sees all."""
    for table in TABLES:
        op.execute(f"GRANT SELECT ON {table} TO analyzer_api")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO analyzer_worker")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} TO analyzer_api USING ({OWN})")
        op.execute(f"CREATE POLICY all_rows ON {table} TO analyzer_worker USING (true)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("tenants", "webhook_previous_until")
    op.drop_column("tenants", "webhook_secret_version")

"""Receivers are found from anywhere among a tenant's, and what is retried has all its attempts."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.indexes import build_beside_writers

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEX = "ix_webhook_deliveries_turns"


def upgrade() -> None:
    """Adds, and leaves the index that the version before claims by."""
    build_beside_writers(
        INDEX, "webhook_deliveries (tenant_id, md5(receiver), due_at) WHERE state = 'pending'"
    )
    op.add_column(
        "webhook_deliveries",
        sa.Column("attempts_before", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_index(INDEX, "webhook_deliveries")
    op.drop_column("webhook_deliveries", "attempts_before")

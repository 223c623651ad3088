"""Where in which trace a request was accepted, so that a late announcement goes on there."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds and changes nothing that is there: code that knows nothing of it goes on working."""
    op.add_column("analyses", sa.Column("traceparent", sa.Text()))


def downgrade() -> None:
    op.drop_column("analyses", "traceparent")

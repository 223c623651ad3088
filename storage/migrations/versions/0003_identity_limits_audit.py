"""Tiers; users and their tokens; what keys may do; the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_tiers()


def _add_tiers() -> None:
    op.add_column(
        "tenants",
        sa.Column("tier", sa.Text(), server_default=sa.text("'standard'"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_tenants_tier_is_known"), "tenants", "tier IN ('free', 'standard', 'premium')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_tenants_tier_is_known"), "tenants")
    op.drop_column("tenants", "tier")

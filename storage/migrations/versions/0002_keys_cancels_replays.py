"""Idempotency keys, lanes, cancellations and replays."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("lane", sa.Text(), server_default=sa.text("'interactive'"), nullable=False),
        sa.Column("cancel_requested_at", MOMENT),
        sa.Column("cancel_announced_at", MOMENT),
        sa.Column("replay_of", sa.Uuid()),
        sa.Column("replayed_as", sa.Uuid()),
        sa.Column("replay_number", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    ):
        op.add_column("analyses", column)
    for name, condition in ANALYSES_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_analyses_{name}"), "analyses", condition)
    op.create_index(
        "ix_analyses_to_be_cancelled",
        "analyses",
        ["cancel_requested_at"],
        postgresql_where=sa.text("state = 'accepted' AND cancel_requested_at IS NOT NULL"),
    )
    _create_idempotency_keys()
    _create_handled_letters()


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])


def _create_handled_letters() -> None:
    op.create_table(
        "handled_letters",
        sa.Column("log_identity", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("record_offset", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid()),
        sa.Column("handled_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint(
            "log_identity", "topic", "partition", "record_offset", name="pk_handled_letters"
        ),
        sa.CheckConstraint(
            "action IN ('replayed', 'discarded')",
            name=op.f("ck_handled_letters_action_is_known"),
        ),
    )


ANALYSES_CHECKS = {
    "lane_is_known": "lane IN ('interactive', 'bulk')",
    "replays_are_few": "replay_number BETWEEN 0 AND 3",
}


def downgrade() -> None:
    op.drop_table("handled_letters")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_analyses_to_be_cancelled", "analyses")
    for name in ANALYSES_CHECKS:
        op.drop_constraint(op.f(f"ck_analyses_{name}"), "analyses")
    for column in (
        "replay_number", "replayed_as", "replay_of",
        "cancel_announced_at", "cancel_requested_at", "lane",
    ):  # fmt: skip
        op.drop_column("analyses", column)

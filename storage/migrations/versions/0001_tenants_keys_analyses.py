"""Tenants, their API keys, and the record of analyses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenants"),
    )
    _create_api_keys()
    _create_analyses()


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name="fk_api_keys_tenant_id_tenants"
        ),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
        sa.CheckConstraint(
            "octet_length(key_hash) = 32", name=op.f("ck_api_keys_key_hash_is_sha256")
        ),
    )
    op.create_index("ix_api_keys_tenant_id", "api_keys", ["tenant_id"])


def _create_analyses() -> None:
    op.create_table(
        "analyses",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("deadline_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("announced_at", MOMENT),
        sa.Column("image_url", sa.Text()),
        sa.Column("object_key", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("content_type", sa.Text()),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("result", postgresql.JSONB()),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_message", sa.Text()),
        sa.Column("failure_retryable", sa.Boolean()),
        sa.Column("failure_attempts", sa.Integer()),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", name="pk_analyses"),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_analyses_{name}"))
            for name, condition in ANALYSES_CHECKS.items()
        ),
    )
    op.create_index(
        "ix_analyses_unfinished",
        "analyses",
        ["accepted_at"],
        postgresql_where=sa.text("state = 'accepted'"),
    )


ANALYSES_CHECKS = {
    "kind_is_known": "kind IN ('url', 'upload')",
    "state_is_known": (
        "state IN ('accepted', 'completed', 'failed', 'cancelled', 'expired', 'deleted')"
    ),
    "has_a_picture": (
        "state = 'deleted'"
        " OR (kind = 'url' AND image_url IS NOT NULL AND object_key IS NULL)"
        " OR (kind = 'upload' AND image_url IS NULL AND object_key IS NOT NULL"
        " AND sha256 IS NOT NULL AND size_bytes IS NOT NULL AND content_type IS NOT NULL)"
    ),
    "has_its_result": "(state = 'completed') = (result IS NOT NULL)",
    "has_its_failure": (
        "CASE WHEN state IN ('failed', 'cancelled', 'expired')"
        " THEN num_nulls(failure_code, failure_message, failure_retryable, failure_attempts) = 0"
        " ELSE num_nonnulls(failure_code, failure_message, failure_retryable, failure_attempts) = 0"
        " END"
    ),
    "has_its_end": "state = 'deleted' OR (state = 'accepted') = (finished_at IS NULL)",
}


def downgrade() -> None:
    op.drop_table("analyses")
    op.drop_table("api_keys")
    op.drop_table("tenants")

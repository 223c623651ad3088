"""Tiers; users and their tokens; what keys may do; the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_tiers()
    _widen_api_keys()
    _create_users()
    _create_sessions()
    _create_audit_events()


def _add_tiers() -> None:
    op.add_column(
        "tenants",
        sa.Column("tier", sa.Text(), server_default=sa.text("'standard'"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_tenants_tier_is_known"), "tenants", "tier IN ('free', 'standard', 'premium')"
    )


IS_KNOWN_ROLE = "role IN ('viewer', 'analyst', 'operator', 'admin')"


def _widen_api_keys() -> None:
    """A key that is there already may do what it could do: analyze and read."""
    texts = sa.ARRAY(sa.Text())
    for column in (
        sa.Column("role", sa.Text(), server_default=sa.text("'analyst'"), nullable=False),
        sa.Column("scopes", texts, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("networks", texts, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("prefix", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_by", sa.Text()),
    ):
        op.add_column("api_keys", column)
    op.create_check_constraint(op.f("ck_api_keys_role_is_known"), "api_keys", IS_KNOWN_ROLE)


def _narrow_api_keys() -> None:
    op.drop_constraint(op.f("ck_api_keys_role_is_known"), "api_keys")
    for name in ("created_by", "prefix", "networks", "scopes", "role"):
        op.drop_column("api_keys", name)


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.Column("not_before", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name="fk_users_tenant_id_tenants"
        ),
        sa.UniqueConstraint("tenant_id", "username", name="uq_users_tenant_id"),
        sa.CheckConstraint(IS_KNOWN_ROLE, name=op.f("ck_users_role_is_known")),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("session_id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name="fk_sessions_user_id_users", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("issued_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("replaced_by", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("token_hash", name="pk_refresh_tokens"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"],
            name="fk_refresh_tokens_session_id_sessions", ondelete="CASCADE",
        ),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])
    op.create_table(
        "revoked_tokens",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "jti", name="pk_revoked_tokens"),
    )


def _drop_identities() -> None:
    for name in ("revoked_tokens", "refresh_tokens", "sessions", "users"):
        op.drop_table(name)


def _create_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("tenant_id", sa.Text()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("trace_id", sa.Text()),
        sa.Column("details", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
        sa.CheckConstraint(
            "actor_kind IN ('key', 'user', 'system', 'operator')",
            name=op.f("ck_audit_events_actor_kind_is_known"),
        ),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'failed')",
            name=op.f("ck_audit_events_outcome_is_known"),
        ),
    )
    op.create_index("ix_audit_events_at", "audit_events", ["at"])
    op.create_index("ix_audit_events_tenant_id_at", "audit_events", ["tenant_id", "at"])
    op.execute(REFUSE_CHANGE)
    op.execute(
        "CREATE TRIGGER audit_events_rows_stay BEFORE UPDATE OR DELETE ON audit_events"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_events_all_stay BEFORE TRUNCATE ON audit_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM PUBLIC")


# The same error code as for a privilege that is missing: nobody may, its owner included.
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '42501';
END
$$
"""


def _drop_audit_events() -> None:
    op.drop_table("audit_events")
    op.execute("DROP FUNCTION refuse_change()")


def downgrade() -> None:
    _drop_audit_events()
    _drop_identities()
    _narrow_api_keys()
    op.drop_constraint(op.f("ck_tenants_tier_is_known"), "tenants")
    op.drop_column("tenants", "tier")

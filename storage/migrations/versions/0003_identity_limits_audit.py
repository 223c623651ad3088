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
    _secure_rows()


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


# What each role may do with a table. The API adds to the audit log and does not read it; the `id`
# is what `ON CONFLICT` looks at.
API_RIGHTS = {
    "tenants": "SELECT, INSERT",
    "api_keys": "SELECT, INSERT, UPDATE (revoked_at, last_used_at)",
    "analyses": "SELECT, INSERT, UPDATE",
    "idempotency_keys": "SELECT, INSERT, UPDATE",
    "users": "SELECT, INSERT, UPDATE, DELETE",
    "sessions": "SELECT, INSERT, UPDATE, DELETE",
    "refresh_tokens": "SELECT, INSERT, UPDATE",
    "revoked_tokens": "SELECT, INSERT, DELETE",
}
WORKER_RIGHTS = {
    "tenants": "SELECT",
    "api_keys": "SELECT, UPDATE (last_used_at)",
    "analyses": "SELECT, INSERT, UPDATE, DELETE",
    "idempotency_keys": "SELECT, INSERT, UPDATE, DELETE",
    "handled_letters": "SELECT, INSERT",
}
ROLES = {"analyzer_api": API_RIGHTS, "analyzer_worker": WORKER_RIGHTS}

# Roles belong to the whole server: another database may have made them, at this moment even.
CREATE_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$
"""
OWN = "tenant_id = current_setting('analyzer.tenant', true)"
SHOWN = "key_hash = decode(nullif(current_setting('analyzer.key_hash', true), ''), 'hex')"


def _secure_rows() -> None:
    """The owner of the tables is above all this. Whoever is in `analyzer_api` sees the rows of one
    tenant, and by its hash the one key that it was shown; who is in `analyzer_worker` sees all."""
    op.execute(
        "CREATE VIEW unfinished_analyses AS"
        " SELECT accepted_at FROM analyses WHERE state = 'accepted'"
    )
    for role, rights in ROLES.items():
        op.execute(CREATE_ROLE.format(role=role))
        op.execute(f"GRANT SELECT ON unfinished_analyses, alembic_version TO {role}")
        op.execute(f"GRANT INSERT, SELECT (id) ON audit_events TO {role}")
        for table, granted in rights.items():
            op.execute(f"GRANT {granted} ON {table} TO {role}")
    for table in API_RIGHTS:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} TO analyzer_api USING ({OWN})")
    for table in set(WORKER_RIGHTS) & set(API_RIGHTS):
        op.execute(f"CREATE POLICY all_rows ON {table} TO analyzer_worker USING (true)")
    op.execute(f"CREATE POLICY shown_key ON api_keys TO analyzer_api USING ({SHOWN})"
               f" WITH CHECK ({OWN} OR {SHOWN})")
    op.execute(
        "CREATE POLICY tenant_of_shown_key ON tenants FOR SELECT TO analyzer_api USING"
        f" (tenant_id = (SELECT k.tenant_id FROM api_keys AS k WHERE {SHOWN}))"
    )


def _unsecure_rows() -> None:
    """The roles stay: other databases of the server may have them."""
    for table in set(WORKER_RIGHTS) & set(API_RIGHTS):
        op.execute(f"DROP POLICY all_rows ON {table}")
    op.execute("DROP POLICY tenant_of_shown_key ON tenants")
    op.execute("DROP POLICY shown_key ON api_keys")
    for table in API_RIGHTS:
        op.execute(f"DROP POLICY own_rows ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP VIEW unfinished_analyses")
    for role, rights in ROLES.items():
        op.execute(f"REVOKE ALL ON {', '.join((*rights, 'alembic_version'))} FROM {role}")


def _drop_audit_events() -> None:
    op.drop_table("audit_events")
    op.execute("DROP FUNCTION refuse_change()")


def downgrade() -> None:
    _unsecure_rows()
    _drop_audit_events()
    _drop_identities()
    _narrow_api_keys()
    op.drop_constraint(op.f("ck_tenants_tier_is_known"), "tenants")
    op.drop_column("tenants", "tier")

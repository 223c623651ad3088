"""A role for dashboards: it reads the columns that they show, of all tenants, and nothing else."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLE = "analyzer_dashboards"

# No hash or name of a key, no address, no object key, no options, no result, no text of an error.
SHOWN = {
    "tenants": "tenant_id, tier, created_at",
    "api_keys": "tenant_id, key_id, role, created_at, expires_at, revoked_at, last_used_at",
    "analyses": "tenant_id, request_id, kind, lane, state, accepted_at, finished_at, size_bytes,"
    " failure_code, failure_attempts, traceparent, replay_of, replay_number",
    "webhook_deliveries": "tenant_id, request_id, state, created_at, due_at, finished_at, attempts",
    "webhook_attempts": "tenant_id, at, took_ms, status",
    "handled_letters": "topic, action, handled_at",
}
SECURED = ("tenants", "api_keys", "analyses", "webhook_deliveries", "webhook_attempts")

# Roles belong to the whole server: another database may have made it, at this moment even.
CREATE_ROLE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$
"""


def upgrade() -> None:
    op.execute(CREATE_ROLE)
    for table, columns in SHOWN.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {ROLE}")
    for table in SECURED:
        op.execute(f"CREATE POLICY shown_rows ON {table} FOR SELECT TO {ROLE} USING (true)")


def downgrade() -> None:
    """The role stays: other databases of the server may have it."""
    for table in SECURED:
        op.execute(f"DROP POLICY shown_rows ON {table}")
    for table, columns in SHOWN.items():
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM {ROLE}")

"""The tables, declared once; migrations make them and the operator's sessions use them."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

IS_KNOWN_STATE = "state IN ('accepted', 'completed', 'failed', 'cancelled', 'expired', 'deleted')"
HAS_A_PICTURE = (
    "state = 'deleted'"
    " OR (kind = 'url' AND image_url IS NOT NULL AND object_key IS NULL)"
    " OR (kind = 'upload' AND image_url IS NULL AND object_key IS NOT NULL AND sha256 IS NOT NULL"
    " AND size_bytes IS NOT NULL AND content_type IS NOT NULL)"
)
HAS_ITS_RESULT = "(state = 'completed') = (result IS NOT NULL)"
HAS_ITS_FAILURE = (
    "CASE WHEN state IN ('failed', 'cancelled', 'expired')"
    " THEN num_nulls(failure_code, failure_message, failure_retryable, failure_attempts) = 0"
    " ELSE num_nonnulls(failure_code, failure_message, failure_retryable, failure_attempts) = 0 END"
)
HAS_ITS_END = "state = 'deleted' OR (state = 'accepted') = (finished_at IS NULL)"
IS_KNOWN_EVENT = "event IN ('image-analyzed', 'analysis-failed')"
IS_KNOWN_ROLE = "role IN ('viewer', 'analyst', 'operator', 'admin')"


class Table(DeclarativeBase):
    """Text is `text`, moments have a time zone, constraints have names."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: DateTime(timezone=True),
        bytes: LargeBinary(),
    }


class Tenant(Table):
    __tablename__ = "tenants"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tier: Mapped[str] = mapped_column(server_default=text("'standard'"))
    webhook_secret_version: Mapped[int] = mapped_column(server_default=text("1"))
    webhook_previous_until: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("tier IN ('free', 'standard', 'premium')", name="tier_is_known"),
    )


class ApiKeyRow(Table):
    """`key_hash` is the SHA-256 of the whole key; the key itself is kept nowhere."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), index=True)
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(server_default=text("'analyst'"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    networks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    prefix: Mapped[str] = mapped_column(server_default=text("''"))
    created_by: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("octet_length(key_hash) = 32", name="key_hash_is_sha256"),
        CheckConstraint(IS_KNOWN_ROLE, name="role_is_known"),
    )


class AnalysisRow(Table):
    """One request from its acceptance on. A tombstone (`deleted`) keeps ids and times only."""

    __tablename__ = "analyses"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    accepted_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    announced_at: Mapped[datetime | None]
    image_url: Mapped[str | None]
    object_key: Mapped[str | None]
    sha256: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    content_type: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    failure_retryable: Mapped[bool | None]
    failure_attempts: Mapped[int | None]
    traceparent: Mapped[str | None]
    lane: Mapped[str] = mapped_column(server_default=text("'interactive'"))
    cancel_requested_at: Mapped[datetime | None]
    cancel_announced_at: Mapped[datetime | None]
    replay_of: Mapped[UUID | None]
    replayed_as: Mapped[UUID | None]
    replay_number: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))

    __table_args__ = (
        CheckConstraint("kind IN ('url', 'upload')", name="kind_is_known"),
        CheckConstraint(IS_KNOWN_STATE, name="state_is_known"),
        CheckConstraint(HAS_A_PICTURE, name="has_a_picture"),
        CheckConstraint(HAS_ITS_RESULT, name="has_its_result"),
        CheckConstraint(HAS_ITS_FAILURE, name="has_its_failure"),
        CheckConstraint(HAS_ITS_END, name="has_its_end"),
        CheckConstraint("lane IN ('interactive', 'bulk')", name="lane_is_known"),
        CheckConstraint("replay_number BETWEEN 0 AND 3", name="replays_are_few"),
        Index("ix_analyses_unfinished", "accepted_at", postgresql_where=text("state = 'accepted'")),
        Index(
            "ix_analyses_to_be_cancelled",
            "cancel_requested_at",
            postgresql_where=text("state = 'accepted' AND cancel_requested_at IS NOT NULL"),
        ),
    )


class IdempotencyKeyRow(Table):
    """What a client calls its request; written with the row of the request, in one transaction."""

    __tablename__ = "idempotency_keys"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    request_id: Mapped[UUID]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class HandledLetterRow(Table):
    """A dead letter that the operator has dealt with; the letter itself stays in its log."""

    __tablename__ = "handled_letters"

    log_identity: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    record_offset: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    action: Mapped[str]
    request_id: Mapped[UUID | None]
    handled_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("action IN ('replayed', 'discarded')", name="action_is_known"),
    )


class UserRow(Table):
    """A person, who logs in as `username@tenant_id`. Access tokens issued before `not_before` are
    not good any more."""

    __tablename__ = "users"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"))
    username: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("tenant_id", "username"),
        CheckConstraint(IS_KNOWN_ROLE, name="role_is_known"),
    )


class SessionRow(Table):
    """What one login began."""

    __tablename__ = "sessions"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.user_id", ondelete="CASCADE"), index=True
    )
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshTokenRow(Table):
    """`token_hash` is the SHA-256; a token that was exchanged stays, to notice a second use."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.session_id", ondelete="CASCADE"), index=True
    )
    tenant_id: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
    replaced_by: Mapped[bytes | None]


class RevokedTokenRow(Table):
    """Access tokens by their `jti`, until they have expired anyway."""

    __tablename__ = "revoked_tokens"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class AuditEventRow(Table):
    """Who did what to what. The migration adds a trigger that refuses every change of a row."""

    __tablename__ = "audit_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    tenant_id: Mapped[str | None]
    actor: Mapped[str]
    actor_kind: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    outcome: Mapped[str]
    address: Mapped[str | None]
    trace_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    __table_args__ = (
        CheckConstraint(
            "actor_kind IN ('key', 'user', 'system', 'operator')", name="actor_kind_is_known"
        ),
        CheckConstraint("outcome IN ('done', 'refused', 'failed')", name="outcome_is_known"),
        Index("ix_audit_events_tenant_id_at", "tenant_id", "at"),
    )


class WebhookDeliveryRow(Table):
    """An outcome that is to be told at `url`. `receiver` is its host and port; `due_at` is also
    when the lease of whoever has it ends."""

    __tablename__ = "webhook_deliveries"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    event: Mapped[str]
    url: Mapped[str]
    receiver: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    begun_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    attempts_before: Mapped[int] = mapped_column(server_default=text("0"))
    traceparent: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(IS_KNOWN_EVENT, name="event_is_known"),
        CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="state_is_known"),
        CheckConstraint("(state = 'pending') = (finished_at IS NULL)", name="has_its_end"),
        Index(
            "ix_webhook_deliveries_waiting",
            "tenant_id",
            "receiver",
            "due_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_webhook_deliveries_turns",
            "tenant_id",
            text("md5(receiver)"),
            "due_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_webhook_deliveries_due_at", "due_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_webhook_deliveries_finished_at",
            "finished_at",
            postgresql_where=text("state <> 'pending'"),
        ),
    )


class WebhookAttemptRow(Table):
    """What one try to deliver came to."""

    __tablename__ = "webhook_attempts"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[str]
    at: Mapped[datetime]
    took_ms: Mapped[int]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "request_id"],
            ["webhook_deliveries.tenant_id", "webhook_deliveries.request_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(IS_KNOWN_EVENT, name="event_is_known"),
    )

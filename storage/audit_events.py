"""Who did what to what: the facts of the audit log, and the port that keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, Protocol
from uuid import UUID

ActorKind = Literal["key", "user", "system", "operator"]
AuditOutcome = Literal["done", "refused", "failed"]
Details = Mapping[str, str | int]


class Action(StrEnum):
    """What is audited, as it is stored and asked for."""

    AUTH_FAILED = "auth.failed"
    AUTHZ_DENIED = "authz.denied"
    LOGIN_SUCCEEDED = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of an action
    TOKEN_REUSED = "token.reused"  # noqa: S105 - as above
    KEY_MINTED = "key.minted"
    KEY_REVOKED = "key.revoked"
    USER_CREATED = "user.created"
    USER_ROLE_CHANGED = "user.role_changed"
    USER_DISABLED = "user.disabled"
    PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - the name of an action
    TIER_CHANGED = "tenant.tier_changed"
    ANALYSIS_CANCELLED = "analysis.cancelled"
    LETTER_REPLAYED = "letter.replayed"
    LETTER_DISCARDED = "letter.discarded"
    WEBHOOK_RETRIED = "webhook.retried"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - the name of an action
    MALWARE_FOUND = "malware.found"
    ADDRESS_BLOCKED = "address.blocked"
    LIMIT_HIT = "limit.hit"


A_MINUTE: Final = {
    Action.AUTH_FAILED: 1,
    Action.AUTHZ_DENIED: 10,
    Action.LOGIN_FAILED: 10,
    Action.TOKEN_REUSED: 10,
    Action.MALWARE_FOUND: 60,
    Action.ADDRESS_BLOCKED: 10,
    Action.LIMIT_HIT: 1,
}
"""How many of one subject are written in a minute, of what strangers can cause at will; the rest
is counted, and the next one that is written says how many there were."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is the id of a key or a user, never the credential; empty when nobody is known."""

    kind: ActorKind
    name: str = ""


NOBODY: Final = Actor("system")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """`target` is what was acted upon, `address` where the request came from, as far as either is
    known. `details` are few and short."""

    action: Action
    actor: Actor
    outcome: AuditOutcome = "done"
    tenant_id: str | None = None
    target: str = ""
    address: str | None = None
    trace_id: str | None = None
    details: Details = field(default_factory=dict)

    @property
    def subject(self) -> tuple[str, ...]:
        """Whom a repeat is counted under: who is known, else the address."""
        known = (self.tenant_id or "", self.actor.name)
        return (self.action, *known) if any(known) else (self.action, self.address or "")


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it was written."""

    event_id: UUID
    at: datetime
    event: AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    tenant_id: str | None = None
    action: str | None = None
    since: datetime | None = None
    limit: int = 1000


class AuditStore(Protocol):
    """Append-only: there is no way to change or remove an entry, nor will the store allow one.

    Raises StoreUnavailableError, TransientStorageError.
    """

    async def append(self, entry: Entry) -> None:
        """A repeat with the same id changes nothing."""
        ...

    async def find(self, query: AuditQuery) -> Sequence[Entry]:
        """The newest that fit, oldest first."""
        ...

"""The ports of storage. Every one has an adapter for the real service and a twin in memory."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import BinaryIO, Final, Protocol
from uuid import UUID

from schemas.events import AnalysisFailed, ImageAnalyzed, ImageRequested, ImageSubmitted, Lane
from schemas.failures import FailureCode
from schemas.result import AnalysisResult
from schemas.roles import Role, Tier

Request = ImageRequested | ImageSubmitted
"""What can be accepted: a picture by its address, or a picture already stored."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    key: str
    stored_at: datetime


class ImageStore(Protocol):
    """Pictures by object key. An object is never overwritten with other bytes.

    Raises StoreUnavailableError when the bucket does not serve.
    """

    async def put(self, key: str, body: BinaryIO, *, size_bytes: int, content_type: str) -> None:
        """Durable when it returns. `body` is read from where it stands, `size_bytes` of it."""
        ...

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        """Raises NotFoundError, ObjectTooLargeError."""
        ...

    async def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""
        ...

    async def page(self, after: str, limit: int) -> Sequence[StoredObject]:
        """The next objects by key, in the order of their bytes; empty behind the last."""
        ...

    async def check(self) -> None:
        """Returns when the bucket exists and answers."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pending:
    """Accepted, no outcome yet."""


@dataclass(frozen=True, slots=True)
class Completed:
    finished_at: datetime
    result: AnalysisResult


@dataclass(frozen=True, slots=True)
class Failed:
    """`state` is `failed`, `cancelled` or `expired`, as the code decides."""

    finished_at: datetime
    code: FailureCode
    message: str
    retryable: bool
    attempts: int

    @property
    def state(self) -> str:
        special = {FailureCode.CANCELLED: "cancelled", FailureCode.DEADLINE_EXCEEDED: "expired"}
        return special.get(self.code, "failed")


Outcome = Pending | Completed | Failed


@dataclass(frozen=True, slots=True)
class Analysis:
    """One request as the record knows it; `request` is the event that announces it.

    `replay_of` is the request that this one repeats, `replayed_as` the one that repeats this;
    `replay_number` counts from the first, which is 0.
    """

    request: Request
    outcome: Outcome
    lane: Lane = "interactive"
    cancel_requested_at: datetime | None = None
    replay_of: UUID | None = None
    replayed_as: UUID | None = None
    replay_number: int = 0


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What a client calls its request. `fingerprint` is 32 bytes that tell apart what it asked
    for; until `expires_at` the key stands for the first request that came with it."""

    key: str
    fingerprint: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyUse:
    """The request for which an idempotency key stands."""

    request_id: UUID
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Backlog:
    """Requests of one lane and tier that have no outcome."""

    lane: Lane
    tier: Tier
    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Unannounced:
    request: Request
    lane: Lane
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """That somebody asked to end a request, and when."""

    tenant_id: str
    request_id: UUID
    requested_at: datetime
    traceparent: str | None = None


NO_TRACES: Final[Mapping[str, str]] = {}
"""Trace contexts by the key of the request, when there are none."""


class ReplayRefusedError(Exception):
    """The request cannot be replayed; the text says why."""


class AnalysisStore(Protocol):
    """The record: one row per (tenant_id, request_id); terminal states do not change, except that
    a result beats a failure.

    Raises StoreUnavailableError, TransientStorageError.
    """

    async def accept(
        self,
        request: Request,
        *,
        lane: Lane = "interactive",
        idempotency: IdempotencyKey | None = None,
        traceparent: str | None = None,
    ) -> KeyUse | None:
        """Insert the row as accepted, and its idempotency key, in one transaction; `traceparent`
        says where in a trace that is done. A repeat of the same request changes nothing. When the
        key stands for another request nothing is inserted, and the answer says for which; else it
        is None."""
        ...

    async def find_key(self, tenant_id: str, key: str) -> KeyUse | None:
        """The request for which an idempotency key stands now."""
        ...

    async def request_cancel(self, tenant_id: str, request_id: UUID, at: datetime) -> None:
        """Note it on an unfinished request; the first moment stays, all else changes nothing."""
        ...

    async def accept_replay(
        self,
        tenant_id: str,
        request_id: UUID,
        *,
        as_id: UUID,
        at: datetime,
        deadline_at: datetime,
        traceparent: str | None = None,
    ) -> Unannounced:
        """Accept that request again under a new id, once: both rows name each other. A repeat with
        the same new id is answered alike.

        Raises NotFoundError for an unknown request and ReplayRefusedError for one that has no
        outcome yet or a result, that was replayed already, or that is the third replay itself.
        """
        ...

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None: ...

    async def record(
        self,
        facts: Sequence[ImageAnalyzed | AnalysisFailed],
        traceparents: Mapping[str, str] = NO_TRACES,
    ) -> None:
        """Apply outcomes in one transaction; any order, any number of repeats, same end.
        A fact of a request that has no row is dropped.

        What is settled for a request with a callback gets its webhook delivery in the same
        transaction, with the trace that `traceparents` has for its key."""
        ...

    async def count_unfinished(self, limit: int) -> int:
        """How many rows are accepted and have no outcome; counting stops at `limit`."""
        ...

    async def backlogs(self, limit: int) -> list[Backlog]:
        """What has no outcome, by lane and tier, of the `limit` oldest requests."""
        ...

    async def find_unannounced(self, before: datetime, limit: int) -> list[Unannounced]:
        """Unfinished requests accepted, and last announced, before that moment; oldest first."""
        ...

    async def mark_announced(self, requests: Sequence[Request], at: datetime) -> None: ...

    async def find_unannounced_cancels(
        self, before: datetime, never_before: datetime, limit: int
    ) -> list[Cancellation]:
        """Of unfinished requests: last announced before `before`, or never announced and asked for
        before `never_before`; oldest first."""
        ...

    async def mark_cancels_announced(
        self, cancellations: Sequence[Cancellation], at: datetime
    ) -> None: ...

    async def without_row(self, keys: Sequence[str]) -> list[str]:
        """Of object keys as our own processes make them, those that belong to no request."""
        ...

    async def forget_expired_keys(self, at: datetime, limit: int) -> int:
        """Drop idempotency keys that stand for nothing any more; how many there were."""
        ...

    def sweeping(self) -> AbstractAsyncContextManager[bool]:
        """True inside for one process at a time, whatever the number of replicas."""
        ...

    async def check(self) -> None:
        """Returns when the database answers and its schema is the one this code needs."""
        ...

    async def aclose(self) -> None: ...


Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; the key itself is not (only its SHA-256 is stored).

    Empty `scopes` narrow nothing, empty `networks` let it come from everywhere; `tier` is what
    its tenant has booked.
    """

    key_id: str
    tenant_id: str
    role: Role = Role.ANALYST
    scopes: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    tier: Tier = "standard"


@dataclass(frozen=True, slots=True)
class KeyNote:
    """What people know a key by: `prefix` is its beginning, `created_by` a name of a credential."""

    name: str
    prefix: str = ""
    created_by: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as its owners see it in a list."""

    key: ApiKey
    note: KeyNote
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class ApiKeyStore(Protocol):
    """Raises StoreUnavailableError."""

    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        """By SHA-256 of the whole key; unknown, revoked and expired keys are None."""
        ...

    async def add_api_key(
        self, key: ApiKey, key_hash: bytes, *, note: KeyNote, at_most: int | None = None
    ) -> bool:
        """Whether it was new. Adds the tenant too when that is. A repeat changes nothing.

        Raises LimitReachedError when the tenant has `at_most` keys that work. The hole: of several
        that are added in the same moment a few may pass beyond it.
        """
        ...

    async def list_api_keys(self, tenant_id: str, *, limit: int | None = None) -> list[ListedKey]:
        """The tenant's: those that work, then those that were revoked or expired in the last 90
        days; of each the newest first. No more than `limit`."""
        ...

    async def revoke_api_key(self, tenant_id: str, key_id: str) -> None:
        """The first moment stays. Raises NotFoundError when the tenant has no such key."""
        ...


class ResultCache(Protocol):
    """Terminal analyses by id, for speed only. A cache that is gone is a miss, never an error:
    implementations answer None and count it."""

    async def get(self, tenant_id: str, request_id: UUID) -> Analysis | None: ...

    async def put(self, analyses: Sequence[Analysis]) -> None: ...

    async def check(self) -> None:
        """Raises StoreUnavailableError."""
        ...

    async def aclose(self) -> None: ...

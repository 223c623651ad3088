"""Webhook deliveries: what is to be told to which receiver, and the port that hands it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args
from uuid import UUID

from storage.ports import Completed, Failed

DeliveryState = Literal["pending", "delivered", "dead"]
DeliveryEvent = Literal["image-analyzed", "analysis-failed"]
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)

Receiver = tuple[str, str]
"""A tenant, and the host and port that it wants to be told at."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many deliveries a process can take on: in all, for each tenant, for each receiver.
    `busy` are those that it has in work already."""

    total: int
    per_tenant: int
    per_receiver: int
    busy: Mapping[Receiver, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TenantSecrets:
    """Which secrets of a tenant sign: the current version, and for a while the one before it."""

    version: int = 1
    previous_signs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that is ours until the lease ends. `number` counts the attempts, this one
    included, and `tries` those since it was begun, or begun anew; `waited` is how long that is ago.
    `outcome` is what the record holds now; None when the analysis is gone."""

    tenant_id: str
    request_id: UUID
    event: DeliveryEvent
    url: str
    receiver: str
    number: int
    tries: int
    waited: timedelta
    secrets: TenantSecrets
    accepted_at: datetime | None
    outcome: Completed | Failed | None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one try came to: an HTTP status, or a word for why there was none."""

    number: int
    event: DeliveryEvent
    at: datetime
    took_ms: int
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery after an attempt; `again_in` goes with `pending` alone."""

    state: DeliveryState
    again_in: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery with its attempts, oldest first. An attempt whose worker died is missing from
    them, and its number with it. `due_at` is when the next one may begin."""

    tenant_id: str
    request_id: UUID
    event: DeliveryEvent
    url: str
    receiver: str
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    number: int
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """What is not said is not asked for; `since` is about the outcome's recording."""

    tenant_id: str | None = None
    request_id: UUID | None = None
    state: DeliveryState | None = None
    receiver: str | None = None
    since: datetime | None = None
    limit: int = 1000


class DeliveryStore(Protocol):
    """One row for each request that has a callback and an outcome; the AnalysisStore fills it in
    the transaction that records the outcome. A result that replaces a failure begins it anew.

    Raises StoreUnavailableError, TransientStorageError.
    """

    async def claim(self, room: Room, *, lease: timedelta) -> list[Claim]:
        """Due ones that nobody else has, counted as attempted; nobody else gets them before the
        lease ends. Whoever has least in work comes first.

        A tenant with more than 200 receivers that something waits for is not looked through whole
        each time: its own may wait for a few looks. One whose outcome this program cannot read (a
        newer one recorded it) is not among them, and comes again when its lease has ended."""
        ...

    async def finish(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        """Note the attempt. False, and nothing noted, when the claim is not ours any more: its
        lease ended and another took it, or the outcome changed meanwhile."""
        ...

    async def find(self, tenant_id: str, request_id: UUID) -> Delivery | None: ...

    async def list(self, query: DeliveryQuery) -> Sequence[Delivery]:
        """Without their attempts; the newest that fit, oldest first."""
        ...

    async def retry(self, tenant_id: str, request_id: UUID) -> bool:
        """Make one that is not delivered due now, with all its time and attempts before it. False
        for one that is delivered, or is not there."""
        ...

    async def oldest_due(self) -> timedelta:
        """For how long the oldest has been due; zero when none is."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Drop those that were finished before that; how many there were."""
        ...

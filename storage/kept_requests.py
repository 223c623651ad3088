"""All that the database keeps of one request, for an operator who has nothing but its id."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.deliveries import Delivery
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.postgres_pool import PostgresPool
from storage.queries import Queries


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The row. What can be a secret is not of it: the query of an address, whatever the client
    gave as options. `letters` are dead letters that somebody dealt with, as `dlq show` takes them;
    those that nobody has dealt with are in their topics alone."""

    tenant_id: str
    request_id: UUID
    state: str
    lane: str
    kind: str
    accepted_at: datetime
    deadline_at: datetime
    announced_at: datetime | None
    cancel_requested_at: datetime | None
    finished_at: datetime | None
    traceparent: str | None
    image_url: str | None
    object_key: str | None
    sha256: str | None
    size_bytes: int | None
    content_type: str | None
    failure_code: str | None
    failure_message: str | None
    failure_retryable: bool | None
    failure_attempts: int | None
    model: str | None
    objects: int | None
    replay_of: UUID | None
    replayed_as: UUID | None
    letters: list[str]

    @property
    def trace_id(self) -> str | None:
        """Of the trace in which it was accepted; None when there was none."""
        return None if self.traceparent is None else self.traceparent.split("-")[1]


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """`delivery` is that of its webhook, with the attempts; None without a callback or an
    outcome."""

    facts: RequestFacts
    delivery: Delivery | None


async def find_kept_requests(
    pool: PostgresPool, request_id: UUID, tenant_id: str | None
) -> list[KeptRequest]:
    """One for each tenant that used the id, or of that tenant alone; a deleted one as the tombstone
    that it is. Raises StorageError."""
    query = Queries.load()["find_kept_requests"]
    rows = await pool.fetch(query, {"request_id": request_id, "tenant_id": tenant_id})
    deliveries = PostgresDeliveryStore(pool)
    found = [RequestFacts(*row) for row in rows]
    return [
        KeptRequest(facts, await deliveries.find(facts.tenant_id, request_id)) for facts in found
    ]

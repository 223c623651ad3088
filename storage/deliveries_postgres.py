"""Webhook deliveries in PostgreSQL: several processes take from one table, none takes what another
has."""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from storage.deliveries import Attempt, Claim, Delivery, DeliveryQuery, Room, Verdict
from storage.delivery_rows import (
    finish_of,
    hand_back_of,
    query_of,
    room_of,
    to_attempt,
    to_claim,
    to_delivery,
)
from storage.errors import StorageError
from storage.postgres_pool import PostgresPool
from storage.queries import Queries
from storage.row_security import tenant
from telemetry.logs import get_logger

_log = get_logger(__name__)


class PostgresDeliveryStore:
    """A DeliveryStore. All its moments but those of attempts are the database's clock.

    Hole: a claim whose answer is lost with the connection is nobody's until its lease ends.
    """

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def claim(self, room: Room, *, lease: timedelta) -> list[Claim]:
        rows = await self._pool.fetch(self._queries["claim_deliveries"], room_of(room, lease))
        claims = []
        for row in rows:
            try:
                claims.append(to_claim(row))
            except ValueError as error:
                await self._hand_back(row, error)
        return claims

    async def finish(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        parameters = finish_of(claim, attempt, verdict)
        return bool(await self._pool.fetch(self._queries["finish_delivery"], parameters))

    async def find(self, tenant_id: str, request_id: UUID) -> Delivery | None:
        parameters = {"tenant_id": tenant_id, "request_id": request_id}
        viewer = tenant(tenant_id)
        found = await self._pool.fetch(self._queries["find_delivery"], parameters, seen_by=viewer)
        if not found:
            return None
        tried = await self._pool.fetch(
            self._queries["find_delivery_attempts"], parameters, seen_by=viewer
        )
        return to_delivery(found[0], [to_attempt(row) for row in tried])

    async def list(self, query: DeliveryQuery) -> Sequence[Delivery]:
        rows = await self._pool.fetch(self._queries["list_deliveries"], query_of(query))
        return [to_delivery(row) for row in reversed(rows)]

    async def retry(self, tenant_id: str, request_id: UUID) -> bool:
        parameters = {"tenant_id": tenant_id, "request_id": request_id}
        return bool(await self._pool.fetch(self._queries["retry_delivery"], parameters))

    async def oldest_due(self) -> timedelta:
        rows = await self._pool.fetch(self._queries["oldest_due_delivery"])
        found: timedelta | None = rows[0][0]
        return found or timedelta()

    async def forget(self, before: datetime, limit: int) -> int:
        parameters = {"before": before, "limit": limit}
        return len(await self._pool.fetch(self._queries["forget_deliveries"], parameters))

    async def _hand_back(self, row: Sequence[Any], error: ValueError) -> None:
        """An outcome that this program cannot read: those beside it are told all the same, and it
        keeps its attempts."""
        parameters = hand_back_of(row)
        _log.warning(
            "delivery_unreadable", tenant_id=parameters["tenant_id"],
            request_id=str(parameters["request_id"]), error=str(error)[:300],
        )  # fmt: skip
        with contextlib.suppress(StorageError):  # one attempt less
            await self._pool.run(self._queries["hand_back_delivery"], parameters)

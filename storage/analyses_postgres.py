"""The record in PostgreSQL: one row for each request, one round trip for each call."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection, Error

from schemas.events import Lane
from schemas.pictures import owner_of
from storage.analysis_rows import (
    acceptance,
    identities,
    keyed,
    outcomes,
    to_analysis,
    to_unannounced,
)
from storage.errors import NotFoundError, StoreUnavailableError, TransientStorageError
from storage.ports import (
    NO_TRACES,
    Analysis,
    Backlog,
    Cancellation,
    IdempotencyKey,
    KeyUse,
    ReplayRefusedError,
    Request,
    Unannounced,
)
from storage.postgres_errors import translated
from storage.postgres_pool import PostgresPool, Row
from storage.queries import Queries
from storage.replays import MOST_REPLAYS, refusal_of
from storage.row_security import tenant
from storage.schema_version import schema_problem
from storage.settling import Fact, one_fact_each

_KEY_TRIES = 3
_SWEEP_LOCK = {"space": 0x41494D47, "lock": 1}


class PostgresAnalysisStore:
    """An AnalysisStore. `finished_at` is the database's clock when an outcome was first recorded.

    It does not close the pool, which others may share.
    """

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def accept(
        self,
        request: Request,
        *,
        lane: Lane = "interactive",
        idempotency: IdempotencyKey | None = None,
        traceparent: str | None = None,
    ) -> KeyUse | None:
        parameters, owner = acceptance(request, lane, traceparent), tenant(request.tenant_id)
        if idempotency is None:
            await self._pool.run(self._queries["accept_analysis"], parameters, seen_by=owner)
            return None
        for _ in range(_KEY_TRIES):
            rows = await self._pool.fetch(
                self._queries["accept_keyed_analysis"],
                keyed(parameters, idempotency),
                seen_by=owner,
            )
            if rows:
                return None
            standing = await self.find_key(request.tenant_id, idempotency.key)
            if standing is not None:
                return standing
        raise TransientStorageError("postgres: an idempotency key is taken and freed again")

    async def find_key(self, tenant_id: str, key: str) -> KeyUse | None:
        rows = await self._pool.fetch(
            self._queries["find_idempotency_key"],
            {"tenant_id": tenant_id, "key": key},
            seen_by=tenant(tenant_id),
        )
        return KeyUse(*rows[0]) if rows else None

    async def request_cancel(self, tenant_id: str, request_id: UUID, at: datetime) -> None:
        parameters = {"tenant_id": tenant_id, "request_id": request_id, "at": at}
        viewer = tenant(tenant_id)
        await self._pool.run(self._queries["request_cancel"], parameters, seen_by=viewer)

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
        parameters = {
            "tenant_id": tenant_id, "request_id": request_id, "as_id": as_id, "at": at,
            "deadline_at": deadline_at, "most": MOST_REPLAYS, "traceparent": traceparent,
        }  # fmt: skip
        viewer = tenant(tenant_id)
        await self._pool.run(self._queries["accept_replay"], parameters, seen_by=viewer)
        made = await self.find(tenant_id, as_id)
        if made is not None:
            return Unannounced(made.request, made.lane)
        known = await self.find(tenant_id, request_id)
        if known is None:
            raise NotFoundError(f"there is no request {tenant_id}/{request_id}")
        raise ReplayRefusedError(refusal_of(known) or "it changed meanwhile: ask again")

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        rows = await self._pool.fetch(
            self._queries["find_analysis"],
            {"tenant_id": tenant_id, "request_id": request_id},
            seen_by=tenant(tenant_id),
        )
        return to_analysis(rows[0]) if rows else None

    async def record(
        self, facts: Sequence[Fact], traceparents: Mapping[str, str] = NO_TRACES
    ) -> None:
        if facts:
            parameters = outcomes(one_fact_each(facts), traceparents)
            await self._pool.run(self._queries["record_outcomes"], parameters)

    async def count_unfinished(self, limit: int) -> int:
        rows = await self._pool.fetch(self._queries["count_unfinished"], {"limit": limit})
        return int(rows[0][0])

    async def backlogs(self, limit: int) -> list[Backlog]:
        rows = await self._pool.fetch(self._queries["find_backlogs"], {"limit": limit})
        return [Backlog(*row) for row in rows]

    async def find_unannounced(self, before: datetime, limit: int) -> list[Unannounced]:
        rows = await self._pool.fetch(
            self._queries["find_unannounced"], {"before": before, "limit": limit}
        )
        return [to_unannounced(row) for row in rows]

    async def mark_announced(self, requests: Sequence[Request], at: datetime) -> None:
        if requests:
            ordered = sorted(requests, key=lambda request: request.key)
            parameters = identities(ordered) | {"at": at}
            await self._pool.run(self._queries["mark_announced"], parameters)

    async def find_unannounced_cancels(
        self, before: datetime, never_before: datetime, limit: int
    ) -> list[Cancellation]:
        rows = await self._pool.fetch(
            self._queries["find_unannounced_cancels"],
            {"before": before, "never_before": never_before, "limit": limit},
        )
        return [Cancellation(*row) for row in rows]

    async def mark_cancels_announced(
        self, cancellations: Sequence[Cancellation], at: datetime
    ) -> None:
        if cancellations:
            parameters = identities(cancellations) | {"at": at}
            owners = {told.tenant_id for told in cancellations}
            viewer = tenant(owners.pop()) if len(owners) == 1 else None
            statement = self._queries["mark_cancels_announced"]
            await self._pool.run(statement, parameters, seen_by=viewer)

    async def without_row(self, keys: Sequence[str]) -> list[str]:
        owned = {key: owner for key in keys if (owner := owner_of(key)) is not None}
        if not owned:
            return []
        parameters = {
            "tenant_ids": [tenant for tenant, _ in owned.values()],
            "request_ids": [request_id for _, request_id in owned.values()],
            "keys": list(owned),
        }
        rows = await self._pool.fetch(self._queries["objects_without_row"], parameters)
        return [row[0] for row in rows]

    async def forget_expired_keys(self, at: datetime, limit: int) -> int:
        rows = await self._pool.fetch(
            self._queries["forget_expired_keys"], {"at": at, "limit": limit}
        )
        return len(rows)

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[bool]:
        """The lock lives as long as its connection. Hole: when that is lost, another process may
        begin to sweep before this one has noticed; announcing twice is harmless."""
        connection = await self._pool.connect_alone()
        try:
            has_lock = await self._locked(connection)
            try:
                yield has_lock
            finally:
                if has_lock:
                    await self._unlock(connection)
        finally:
            await connection.close()

    async def check(self) -> None:
        """Raises StoreUnavailableError, also for a schema that is too old or too new for us."""
        rows = await self._pool.ask_anyway(self._queries["schema_version"])
        problem = schema_problem(*rows[0]) if rows else schema_problem(None, None)
        if problem is not None:
            raise StoreUnavailableError("postgres", problem)

    async def aclose(self) -> None:
        """Nothing of its own to release."""

    async def _locked(self, connection: AsyncConnection[Row]) -> bool:
        with translated(), self._pool.bounded(connection):
            cursor = await connection.execute(self._queries["try_sweep_lock"], _SWEEP_LOCK)
            row = await cursor.fetchone()
        return row is not None and bool(row[0])

    async def _unlock(self, connection: AsyncConnection[Row]) -> None:
        # Closing would do, but only when the server notices; a lost connection has done it already.
        with suppress(Error), self._pool.bounded(connection):
            await connection.execute(self._queries["release_sweep_lock"], _SWEEP_LOCK)

"""Rows made again from what the log still holds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

from schemas.events import Lane
from storage.analysis_rows import acceptance, identities, outcomes
from storage.ports import Cancellation, Request
from storage.postgres_errors import translated
from storage.postgres_pool import PostgresPool, Row
from storage.queries import Queries
from storage.settings import PostgresSettings
from storage.settling import Fact, one_fact_each

_STATEMENT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Announced:
    """A request as it was announced, and when that was."""

    request: Request
    lane: Lane
    at: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome as it was told, and when that was."""

    fact: Fact
    at: datetime


class Rebuild:
    """All that is written is one transaction until `commit`. A repeat changes nothing; what the
    database holds already stays, except that a result beats a failure.

    Raises StoreUnavailableError.
    """

    def __init__(self, connection: AsyncConnection[Row]) -> None:
        self._connection = connection
        self._queries = Queries.load("rebuild.sql")

    async def add(self, announced: Sequence[Announced]) -> int:
        """How many of the requests had no row."""
        columns = [
            acceptance(one.request, one.lane, one.traceparent) | {"announced_at": one.at}
            for one in announced
        ]
        row = await self._one("add_requests", _turned(columns))
        return int(row[0])

    async def settle(self, told: Sequence[Told]) -> tuple[int, int]:
        """How many outcomes were recorded, and of how many there is no request to record."""
        at = {id(one.fact): one.at for one in told}
        facts = one_fact_each(one.fact for one in told)
        moments = [at[id(fact)] for fact in facts]
        row = await self._one("settle", outcomes(facts, {}) | {"finished_ats": moments})
        return int(row[0]), len(facts) - int(row[1])

    async def cancel(self, cancels: Sequence[Cancellation]) -> int:
        """How many unfinished requests are cancelled now and were not before."""
        asked = {"requested_ats": [one.requested_at for one in cancels]}
        row = await self._one("cancel", identities(cancels) | asked)
        return int(row[0])

    async def commit(self) -> None:
        with translated():
            await self._connection.commit()

    async def _one(self, name: str, parameters: Mapping[str, object]) -> Row:
        with translated():
            cursor = await self._connection.execute(self._queries[name], parameters)
            row = await cursor.fetchone()
        if row is None:
            raise RuntimeError(f"{name} answers with one row")
        return row


@asynccontextmanager
async def rebuilding(settings: PostgresSettings) -> AsyncIterator[Rebuild]:
    """What was not committed when the block is left is taken back."""
    patient = settings.model_copy(update={"statement_timeout_ms": _STATEMENT_MS})
    connection = await PostgresPool(patient).connect_alone()
    async with connection:
        await connection.set_autocommit(False)
        yield Rebuild(connection)
        await connection.rollback()


def _turned(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Rows to one array for each column."""
    return {name: [row[name] for row in rows] for name in rows[0]}

"""Connections to PostgreSQL: every wait bounded, dead ones dropped, driver errors translated."""

import asyncio
import os
import random
import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, OperationalError, ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import ConnectionTimeout
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from storage.breaker import CircuitBreaker, make_breaker
from storage.errors import TransientStorageError
from storage.pool_metrics import PoolState, to_pool_state
from storage.postgres_errors import ConnectionLostError, first_line, translated
from storage.row_security import Asked, RowSecurity, Viewer
from storage.settings import PostgresSettings
from storage.spans import name_of, statement_span
from telemetry.timing import Timing, untimed

Row = TupleRow

_ATTEMPTS = 4
_RECONNECT_S = 2.0
_GRACE_S = 0.5
_CHECK_S = 1.8  # health waits for two: the reason that is told should be ours


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How long to wait for a connection, and then for the answer."""

    connection_s: float
    answer_s: float


class PostgresPool:
    """Statements run one by one, each its own transaction. A process may `open` it while the
    database is down: connections come when there are any to be had.

    A statement that met a deadlock or a serialization failure, or whose connection was lost, is
    repeated up to three times: it must be one that may be, as all of ours are. While the breaker
    is open everything but `ask_anyway` raises StoreUnavailableError at once.
    """

    def __init__(
        self,
        settings: PostgresSettings,
        *,
        breaker: CircuitBreaker | None = None,
        timing: Timing = untimed,
    ) -> None:
        self._timing = timing
        self._breaker = breaker or make_breaker("postgres", settings)
        self._dsn = settings.dsn.get_secret_value()
        self._options = _connection_options(settings)
        self._bounds = _Bounds(
            connection_s=settings.pool_wait_s,
            answer_s=settings.statement_timeout_ms / 1000 + _GRACE_S,
        )
        self._row_security = RowSecurity()
        self._pool = AsyncConnectionPool(
            self._dsn,
            kwargs=self._options,
            min_size=settings.pool_min_size,
            max_size=settings.pool_max_size,
            timeout=settings.pool_wait_s,
            # Giving up soon matters: the pause between attempts doubles, and a pool that has given
            # up begins afresh with the next caller.
            reconnect_timeout=_RECONNECT_S,
            open=False,
        )

    async def open(self) -> None:
        """Begin to connect; does not wait for it."""
        await self._pool.open(wait=False)

    async def aclose(self) -> None:
        await self._pool.close()

    @property
    def state(self) -> PoolState:
        return to_pool_state(self._pool.get_stats())

    async def run(
        self,
        statement: bytes,
        parameters: Mapping[str, object] | None = None,
        *,
        seen_by: Viewer | None = None,
    ) -> None:
        """For what returns no rows. Raises StoreUnavailableError, TransientStorageError."""
        await self.fetch(statement, parameters, seen_by=seen_by)

    async def fetch(
        self,
        statement: bytes,
        parameters: Mapping[str, object] | None = None,
        *,
        seen_by: Viewer | None = None,
    ) -> list[Row]:
        """All rows, of those that the viewer may see where our database user does not own the
        tables. Raises StoreUnavailableError, TransientStorageError."""
        name = name_of(statement)
        with self._timing(name), statement_span(statement), self._breaker.asking():
            return await self._fetch(Asked(statement, parameters, seen_by), self._bounds)

    async def ask_anyway(self, statement: bytes) -> list[Row]:
        """For a health check: all rows, also while the breaker is open, which a success closes.
        Waits 1.8 s at most for a connection, and for the answer. Raises StoreUnavailableError."""
        bounds = _Bounds(min(self._bounds.connection_s, _CHECK_S), _CHECK_S)
        with self._timing(name_of(statement)), self._breaker.checking():
            return await self._fetch(Asked(statement), bounds)

    async def connect_alone(self) -> AsyncConnection[Row]:
        """A connection outside the pool, for what lasts (a session's lock); the caller closes it.

        Raises StoreUnavailableError.
        """
        with self._breaker.asking(), translated():
            return await AsyncConnection.connect(self._dsn, **self._options)

    def bounded(self, connection: AsyncConnection[Row]) -> AbstractContextManager[None]:
        """Inside, a server that does not answer in time loses the connection: ConnectionTimeout.
        The server's own statement timeout comes first when it is alive."""
        return _bounded(connection, within_s=self._bounds.answer_s)

    async def _fetch(self, asked: Asked, bounds: _Bounds) -> list[Row]:
        for attempt in range(1, _ATTEMPTS):
            with suppress(TransientStorageError, ConnectionLostError):
                return await self._fetch_once(asked, bounds)
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads load
        return await self._fetch_once(asked, bounds)

    async def _fetch_once(self, asked: Asked, bounds: _Bounds) -> list[Row]:
        with translated():
            connection = await self._take(bounds.connection_s)
            try:
                with _bounded(connection, within_s=bounds.answer_s):
                    return await self._row_security.rows(connection, asked)
            except ConnectionTimeout:
                raise
            except OperationalError as error:
                if connection.closed:
                    raise ConnectionLostError("postgres", first_line(error)) from error
                raise
            finally:
                await self._pool.putconn(connection)

    async def _take(self, within_s: float) -> AsyncConnection[Row]:
        """A connection that the server has not closed meanwhile, found out without asking it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while (left := deadline - loop.time()) > 0:
            connection = await self._pool.getconn(timeout=left)
            if _is_quiet(connection):
                return connection
            await connection.close()
            await self._pool.putconn(connection)
        raise PoolTimeout(f"no working connection within {within_s:g} s")


@contextmanager
def _bounded(connection: AsyncConnection[Row], *, within_s: float) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    timer = loop.call_at(deadline, _hang_up, connection)
    try:
        yield
    except OperationalError as error:
        if loop.time() >= deadline and connection.closed:
            raise ConnectionTimeout(f"no answer within {within_s:g} s") from error
        raise
    finally:
        timer.cancel()


def _connection_options(settings: PostgresSettings) -> dict[str, Any]:
    own = f"-c statement_timeout={settings.statement_timeout_ms} -c timezone=UTC"
    try:
        given = conninfo_to_dict(settings.dsn.get_secret_value()).get("options") or ""
    except ProgrammingError:  # its message may quote the password
        raise ValueError("dsn is neither a postgresql:// URL nor name=value pairs") from None
    return {
        "autocommit": True,
        "connect_timeout": settings.connect_timeout_s,
        "application_name": "image-analyzer",
        "options": f"{given} {own}",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }


def _is_quiet(connection: AsyncConnection[Row]) -> bool:
    """An idle connection on which something arrives is one that the server has closed (or, seldom,
    a notice: then a good connection is replaced, which is harmless)."""
    if connection.closed:
        return False
    arrivals = select.poll()
    arrivals.register(connection.fileno(), select.POLLIN)
    return not arrivals.poll(0)


def _hang_up(connection: AsyncConnection[Row]) -> None:
    with (
        suppress(OSError, OperationalError),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)

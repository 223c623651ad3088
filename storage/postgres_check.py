"""What is asked of PostgreSQL before a start: the way there, the login, the schema, the rights."""

import asyncio
import re
from typing import Final

from psycopg import AsyncConnection, errors

from storage.errors import MisconfiguredError, StoreUnavailableError, UnknownHostError
from storage.postgres_errors import first_line, translated
from storage.postgres_pool import PostgresPool, Row
from storage.queries import Queries
from storage.schema_version import schema_problem
from storage.settings import PostgresSettings

_WITHIN_S = 8.0
_CORRECT: Final = "correct ANALYZER_POSTGRES__DSN"
_GRANT: Final = (
    "GRANT analyzer_api (to the user of the API) or analyzer_worker (to that of the workers) TO it"
)
_REFUSES: Final = re.compile(
    r"password authentication failed|no password supplied|role .* does not exist"
    r"|database .* does not exist|no pg_hba.conf entry|is not permitted to log in"
    r"|permission denied for database|SSL|certificate"
)
_NO_SUCH_HOST: Final = re.compile(r"Name or service not known|No address associated with hostname")


async def check_postgres(settings: PostgresSettings) -> None:
    """Changes nothing. Raises MisconfiguredError for what somebody must correct, and
    StoreUnavailableError for a server that may serve later.

    Hole: the driver has no code for a refused login, so that is told by PostgreSQL's English words;
    a server that speaks another language counts as one that may serve later.
    """
    try:
        async with asyncio.timeout(_WITHIN_S), await _connected(settings) as connection:
            with translated():
                await _check_schema(connection)
                await _check_rights(connection)
    except TimeoutError:
        raise StoreUnavailableError("postgres", f"no answer within {_WITHIN_S:g} s") from None


async def _connected(settings: PostgresSettings) -> AsyncConnection[Row]:
    try:
        return await PostgresPool(settings).connect_alone()
    except StoreUnavailableError as error:
        said = str(error.__cause__)
        if _NO_SUCH_HOST.search(said):
            raise UnknownHostError("postgres", f"{_reason(said)}; {_CORRECT}") from error
        if _REFUSES.search(said):
            raise MisconfiguredError("postgres", f"{_reason(said)}; {_CORRECT}") from error
        raise


def _reason(said: str) -> str:
    """The server's own words, without the address that was tried: it has several."""
    telling = [line for line in said.splitlines() if _REFUSES.search(line)] or said.splitlines()
    return telling[0].rpartition("FATAL:")[2].strip()[:200]


async def _check_schema(connection: AsyncConnection[Row]) -> None:
    try:
        cursor = await connection.execute(Queries.load()["schema_version"])
        row = await cursor.fetchone()
    except errors.UndefinedTable:
        row = None
    except errors.InsufficientPrivilege as error:
        raise MisconfiguredError("postgres", f"{first_line(error)}; {_GRANT}") from error
    problem = schema_problem(*row) if row is not None else schema_problem(None, None)
    if problem is not None:
        raise MisconfiguredError("postgres", problem)


async def _check_rights(connection: AsyncConnection[Row]) -> None:
    """What the API and every worker need alike. The rest of what each may do is in the grants."""
    cursor = await connection.execute(Queries.load()["may_work"])
    user, may_work = await cursor.fetchone() or ("", False)
    if not may_work:
        problem = f"user {user} may not work the table analyses"
        raise MisconfiguredError("postgres", f"{problem}; {_GRANT}")

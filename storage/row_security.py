"""Who looks at the tables, said to PostgreSQL with each statement: its row security asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

_SAY_WHO_LOOKS: Final = b"SELECT set_config(%(name)s, %(value)s, true)"
_ARE_WE_ABOVE_IT: Final = b"""
SELECT r.rolsuper OR r.rolbypassrls OR coalesce(
    (SELECT pg_has_role(current_user, c.relowner, 'USAGE')
     FROM pg_class AS c WHERE c.oid = to_regclass('analyses')), false)
FROM pg_roles AS r WHERE r.rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A setting that the policies of the tables read."""

    name: str
    value: str

    @property
    def parameters(self) -> dict[str, str]:
        return {"name": self.name, "value": self.value}


def tenant(tenant_id: str) -> Viewer:
    """Sees the rows of that tenant."""
    return Viewer("analyzer.tenant", tenant_id)


def bearer_of(key_hash: bytes) -> Viewer:
    """Sees the one API key that it has, and the tenant of it."""
    return Viewer("analyzer.key_hash", key_hash.hex())


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement, and on whose behalf it looks; None where our own rights are meant."""

    statement: bytes
    parameters: Mapping[str, object] | None = None
    seen_by: Viewer | None = None


class RowSecurity:
    """A database user that owns the tables is above their policies: of its connections that is
    found out once, and from then on they are not told who looks."""

    def __init__(self) -> None:
        self._is_above: WeakKeyDictionary[AsyncConnection[TupleRow], bool] = WeakKeyDictionary()

    async def rows(self, connection: AsyncConnection[TupleRow], asked: Asked) -> list[TupleRow]:
        """In one round trip. What is said of the viewer ends with the transaction of the statement:
        the next user of the connection begins as nobody."""
        if asked.seen_by is None or self._is_above.get(connection):
            cursor = await connection.execute(asked.statement, asked.parameters, prepare=True)
            return [] if cursor.description is None else await cursor.fetchall()
        async with connection.pipeline():
            parameters = asked.seen_by.parameters
            await connection.execute(_SAY_WHO_LOOKS, parameters, prepare=True)
            are_we = None
            if connection not in self._is_above:
                are_we = await connection.execute(_ARE_WE_ABOVE_IT, prepare=True)
            cursor = await connection.execute(asked.statement, asked.parameters, prepare=True)
        if are_we is not None:
            row = await are_we.fetchone()
            self._is_above[connection] = row is not None and bool(row[0])
        return [] if cursor.description is None else await cursor.fetchall()

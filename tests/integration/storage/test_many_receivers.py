"""A tenant that names very many receivers, each with something that waits: what a look costs, and
who waits for whom."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from schemas.options import AnalysisOptions
from storage.analyses_postgres import PostgresAnalysisStore
from storage.deliveries import Room
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.delivery_rows import room_of
from storage.postgres_pool import PostgresPool
from storage.queries import Queries
from tests.contract.storage.examples import analyzed, url_request

pytestmark = pytest.mark.postgres

LEASE = timedelta(minutes=1)
CLAIM = Queries.load()["claim_deliveries"]
FILL = """
INSERT INTO webhook_deliveries (tenant_id, request_id, event, url, receiver, due_at)
SELECT %(tenant)s, gen_random_uuid(), 'image-analyzed', 'https://h' || n || '.example/',
       'h' || n || '.example', now() + %(due_in)s::interval
FROM generate_series(1, %(receivers)s) AS n
"""


async def fill(dsn: str, tenant: str, receivers: int, due_in: str = "-1 hour") -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        parameters = {"tenant": tenant, "receivers": receivers, "due_in": due_in}
        await connection.execute(FILL, parameters)
        await connection.execute("ANALYZE webhook_deliveries")


async def waiting(pool: PostgresPool, tenant: str) -> None:
    request = url_request(tenant, options=AnalysisOptions(callback_url="https://hooks.example/"))
    analyses = PostgresAnalysisStore(pool)
    await analyses.accept(request)
    await analyses.record([analyzed(request)])


async def read_rows(dsn: str, room: Room) -> int:
    """How many rows the statement reads from the table and its indexes, thrown away ones too."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        cursor = await connection.execute(
            b"EXPLAIN (ANALYZE, FORMAT JSON) " + CLAIM, room_of(room, LEASE)
        )
        found = await cursor.fetchone()
        await connection.rollback()
    assert found is not None
    plan = found[0] if isinstance(found[0], list) else json.loads(found[0])
    return sum(_rows(node) for node in _scans(plan[0]["Plan"]))


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("Relation Name") == "webhook_deliveries" and "Scan" in node["Node Type"]:
        yield node
    for below in node.get("Plans", ()):
        yield from _scans(below)


def _rows(node: dict[str, Any]) -> int:
    each = float(node["Actual Rows"]) + float(node.get("Rows Removed by Filter", 0))
    return round(each * float(node["Actual Loops"]))


@pytest.mark.parametrize("due_in", ["-1 hour", "1 hour"], ids=["due", "waiting"])
async def test_a_look_costs_the_same_however_many_receivers_wait(
    pool: PostgresPool, postgres_database: str, due_in: str
) -> None:
    await fill(postgres_database, "many", 20_000, due_in)
    await waiting(pool, "acme")
    room = Room(total=64, per_tenant=16, per_receiver=4)
    assert await read_rows(postgres_database, room) < 1500
    claims = await PostgresDeliveryStore(pool).claim(room, lease=LEASE)
    assert [claim.tenant_id for claim in claims].count("acme") == 1


async def test_all_receivers_have_their_turn(pool: PostgresPool, postgres_database: str) -> None:
    await fill(postgres_database, "many", 900, "1 hour")
    await waiting(pool, "many")
    deliveries, room = PostgresDeliveryStore(pool), Room(64, 16, 4)
    for _ in range(200):  # by chance none of them is reached: less often than once in 10**9 runs
        if await deliveries.claim(room, lease=LEASE):
            return
    pytest.fail("the one that is due was never claimed")

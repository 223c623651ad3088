"""Two processes that claim at the same moment, and two versions of one program."""

import asyncio
from datetime import timedelta

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


async def test_what_another_is_claiming_is_neither_waited_for_nor_taken(
    pool: PostgresPool, postgres_database: str
) -> None:
    options = AnalysisOptions(callback_url="https://hooks.example/")
    requests = [url_request(options=options) for _ in range(3)]
    analyses, deliveries = PostgresAnalysisStore(pool), PostgresDeliveryStore(pool)
    for request in requests:
        await analyses.accept(request)
    await analyses.record([analyzed(request) for request in requests])
    async with await psycopg.AsyncConnection.connect(postgres_database) as other:
        cursor = await other.execute(CLAIM, room_of(Room(1, 9, 9), LEASE))
        first = {row[1] for row in await cursor.fetchall()}
        claims = await asyncio.wait_for(deliveries.claim(Room(9, 9, 9), lease=LEASE), 3)
        await other.commit()
    second = {claim.request_id for claim in claims}
    assert (len(first), len(second)) == (1, 2)
    assert first | second == {request.request_id for request in requests}
    assert await deliveries.claim(Room(9, 9, 9), lease=LEASE) == []


async def test_an_outcome_of_a_newer_program_waits_and_keeps_its_attempts(
    pool: PostgresPool, postgres_database: str
) -> None:
    options = AnalysisOptions(callback_url="https://hooks.example/")
    newer, plain = [url_request(options=options) for _ in range(2)]
    analyses, deliveries = PostgresAnalysisStore(pool), PostgresDeliveryStore(pool)
    for request in (newer, plain):
        await analyses.accept(request)
        await analyses.record([analyzed(request)])
    async with await psycopg.AsyncConnection.connect(
        postgres_database, autocommit=True
    ) as connection:
        which = {"id": newer.request_id}
        await connection.execute(
            "CREATE TABLE kept AS SELECT result FROM analyses WHERE request_id = %(id)s", which
        )
        await connection.execute(
            """UPDATE analyses SET result = '{"much": "newer"}' WHERE request_id = %(id)s""", which
        )
        for others in ([plain.request_id], [plain.request_id]):
            claims = await deliveries.claim(Room(9, 9, 9), lease=timedelta())
            assert [claim.request_id for claim in claims] == others
        await connection.execute(
            "UPDATE analyses SET result = kept.result FROM kept WHERE request_id = %(id)s", which
        )
    claims = await deliveries.claim(Room(9, 9, 9), lease=LEASE)
    tried = {claim.request_id: (claim.number, claim.tries) for claim in claims}
    assert tried == {newer.request_id: (3, 1), plain.request_id: (3, 3)}

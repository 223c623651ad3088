"""Outcomes wait for a database that is gone, and all of them are recorded once it is back."""

import asyncio

import psycopg
import pytest

from storage.analyses_postgres import PostgresAnalysisStore
from tests.contract.storage.migrated import opened_pool
from tests.integration.processors.flow import Flow
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.support.events import analysis_failed, image_submitted
from tests.support.eventually import eventually
from tests.support.services.postgres import Postgres
from topics.catalog import ANALYSIS_FAILED, RESULTS

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]


async def test_outcomes_are_held_while_the_database_is_gone(
    flow: Flow, postgres_to_break: Postgres
) -> None:
    accepted = [image_submitted(flow.tenant) for _ in range(400)]
    async with opened_pool(flow.dsn) as pool:
        store = PostgresAnalysisStore(pool)
        for request in accepted:
            await store.accept(request)
    async with Outlet.opened(flow.kafka, [ANALYSIS_FAILED.dead_letter_name]) as outlet:
        worker = await flow.start("record")
        postgres_to_break.kill()
        failures = [analysis_failed(flow.tenant, request_id=one.request_id) for one in accepted]
        await asyncio.gather(*(flow.publisher.publish(event) for event in failures))
        await eventually(lambda: worker.health().get("holding") == ["postgres"], within_s=20)
        assert worker.ask("/health")[0] == 200

        postgres_to_break.start()
        await until_worked_off(flow.kafka, "recorder", RESULTS, within_s=30)
        await outlet.read(for_s=0.5)
        ours = flow.tenant.encode()
        assert not [letter for letter in outlet.records if ours in (letter.key or b"")]
    with psycopg.connect(flow.dsn) as connection:
        query = "SELECT count(*) FROM analyses WHERE state = 'failed'"
        row = connection.execute(query).fetchone()
    assert row == (400,)
    assert worker.running

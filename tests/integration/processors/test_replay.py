"""Whole topics read again from the start change no row."""

import psycopg
import pytest

from storage.analyses_postgres import PostgresAnalysisStore
from tests.contract.storage.migrated import opened_pool
from tests.integration.processors.flow import Flow
from tests.integration.processors.outlet import until_worked_off
from tests.integration.topics.groups import commit
from tests.support.events import analysis_failed, image_analyzed, image_submitted
from topics.catalog import RESULTS

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]


def rows_in(dsn: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT a.* FROM analyses a ORDER BY request_id").fetchall()


async def test_replaying_both_topics_of_outcomes_changes_no_row(flow: Flow) -> None:
    accepted = [image_submitted(flow.tenant) for _ in range(60)]
    async with opened_pool(flow.dsn) as pool:
        store = PostgresAnalysisStore(pool)
        for request in accepted:
            await store.accept(request)
    worker = await flow.start("record")
    for number, request in enumerate(accepted):
        same = {"request_id": request.request_id}
        if number % 3 != 0:
            await flow.publisher.publish(analysis_failed(flow.tenant, **same))
        if number % 3 != 1:
            await flow.publisher.publish(image_analyzed(flow.tenant, **same))
    await until_worked_off(flow.kafka, "recorder", RESULTS, within_s=20)
    before = rows_in(flow.dsn)
    assert len(before) == 60
    worker.terminate()
    assert worker.exit_code(within_s=20) == 0

    start = {(t.name, p): 0 for t in RESULTS for p in range(flow.kafka.partitions)}
    await commit(flow.kafka, "recorder", start)
    again = await flow.start("record")
    await until_worked_off(flow.kafka, "recorder", RESULTS, within_s=20)
    assert rows_in(flow.dsn) == before
    labels = 'messaging_destination_name="image-analyzed",outcome="done"'
    done = f"messaging_process_duration_seconds_count{{{labels}}}"
    assert float(again.ask("/metrics")[1].split(done)[1].split()[0]) >= 40

"""The table of the audit log is only added to, and outages are not silent."""

from collections.abc import Iterator

import psycopg
import pytest
import structlog

from storage.audit import Action, AuditLog
from storage.audit_events import AuditQuery
from storage.audit_postgres import PostgresAuditStore
from telemetry.metrics import Metrics
from tests.contract.storage.migrated import opened_pool
from tests.support.services.postgres import Postgres
from tests.support.within import within

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def said() -> Iterator[list[structlog.types.EventDict]]:
    """What was logged."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_events SET actor = 'somebody else'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "INSERT INTO audit_events TABLE audit_events ON CONFLICT (id) DO UPDATE SET actor = 'x'",
        "MERGE INTO audit_events a USING audit_events b ON a.id = b.id WHEN MATCHED THEN DELETE",
    ],
)
async def test_even_the_owner_of_the_table_changes_nothing(
    postgres_database: str, change: str
) -> None:
    async with opened_pool(postgres_database) as pool:
        store = PostgresAuditStore(pool)
        await AuditLog(store, Metrics()).note(Action.KEY_MINTED, target="key_1")
        before = await store.find(AuditQuery())
        with (
            psycopg.connect(postgres_database, autocommit=True) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
        ):
            connection.execute(change)
        assert await store.find(AuditQuery()) == before
        assert len(before) == 1


async def test_a_database_that_hangs_costs_a_request_its_bound_and_no_event_silently(
    postgres_database: str, postgres_to_break: Postgres, said: list[structlog.types.EventDict]
) -> None:
    metrics = Metrics()
    async with opened_pool(postgres_database, statement_timeout_ms=300, pool_wait_s=0.3) as pool:
        log = AuditLog(PostgresAuditStore(pool), metrics, within_s=0.2)
        await log.note(Action.KEY_MINTED, target="key_1")
        postgres_to_break.pause()
        with within(0.6):
            await log.note(Action.KEY_REVOKED, target="key_2")
        await log.aclose(within_s=8)
        postgres_to_break.resume()
    lost = [line for line in said if line["event"] == "audit_event_not_written"]
    assert [line["target"] for line in lost] == ["key_2"]
    count = metrics.registry.get_sample_value
    labels = {"action": "key.revoked", "outcome": "lost"}
    assert count("analyzer_audit_events_total", labels) == 1

"""The record made again from the log: the rows are what they were, however often it is done."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr

from cli.exit_codes import ConfigurationError
from cli.rebuild import Counts, LogReader
from cli.rebuild_progress import Progress, read_progress, write_progress
from schemas.events import AnalysisFailed, ImageAnalyzed
from schemas.failures import FailureCode
from storage.analyses_postgres import PostgresAnalysisStore
from storage.ports import Request
from storage.rebuild_postgres import rebuilding
from storage.settings import PostgresSettings
from tests.contract.storage.examples import analyzed, failed, upload_request, url_request
from tests.contract.storage.migrated import opened_pool, postgres_template
from tests.contract.storage.restricted import restricted
from tests.integration.cli.right_settings import of_kafka, prepared, run_to_its_end
from tests.support.events import TRACEPARENT, cancel_requested, image_submitted
from tests.support.services.connections import KafkaServer, PostgresServer
from tests.support.services.databases import create_database, drop_database
from tests.support.services.kafka_secured import SecuredKafka
from topics.admin import create_topics
from topics.catalog import IMAGE_REQUESTED_BULK, IMAGE_SUBMITTED, IMAGE_SUBMITTED_BULK
from topics.letters import identity_of_log
from topics.publisher import KafkaPublisher
from topics.records import OutgoingRecord
from topics.settings import KafkaSettings

__all__ = ["postgres_template"]

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
MANY = 1200
ROWS = """
SELECT tenant_id, request_id, kind, lane, state, accepted_at, deadline_at, image_url, object_key,
       sha256, size_bytes, content_type, options::text, result::text, failure_code,
       failure_message, failure_retryable, failure_attempts, traceparent, cancel_requested_at
FROM analyses WHERE tenant_id = %s ORDER BY request_id
"""


@dataclass(frozen=True, slots=True)
class Story:
    """A tenant whose requests are in `dsn` and in the log."""

    tenant: str
    dsn: str
    kafka: KafkaSettings

    def rows(self, dsn: str) -> list[dict[str, Any]]:
        with psycopg.connect(dsn, row_factory=dict_row) as connection:
            return connection.execute(ROWS, (self.tenant,)).fetchall()


@pytest.fixture
async def publisher(kafka: KafkaServer) -> AsyncIterator[KafkaPublisher]:
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    await create_topics(settings)
    made = KafkaPublisher(settings, source="test", budget_s=10)
    await made.start()
    yield made
    await made.aclose()


@pytest.fixture
async def story(publisher: KafkaPublisher, kafka: KafkaServer, postgres_database: str) -> Story:
    tenant = f"tenant-{token_hex(4)}"
    async with opened_pool(postgres_database) as pool:
        await _live(tenant, PostgresAnalysisStore(pool), publisher)
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    return Story(tenant, postgres_database, settings)


async def _live(tenant: str, store: PostgresAnalysisStore, publisher: KafkaPublisher) -> None:
    """What the product does with requests of every kind, by hand."""
    upload, bulk, lost = (upload_request(tenant) for _ in range(3))
    address, signed = url_request(tenant), url_request(tenant)
    await _accept(store, publisher, upload)
    await _accept(store, publisher, bulk, lane="bulk")
    await _accept(store, publisher, address, lane="bulk")
    await _accept(store, publisher, signed)
    await _accept(store, publisher, lost)
    for event in (address, signed):  # they are fetched
        fetched = image_submitted(
            tenant, request_id=event.request_id, accepted_at=event.accepted_at,
            deadline_at=event.deadline_at,
        )  # fmt: skip
        await publisher.publish(fetched, topic=IMAGE_SUBMITTED_BULK)
    facts: list[ImageAnalyzed | AnalysisFailed] = [
        failed(upload, message="at first"), analyzed(upload), analyzed(upload, name="never"),
        analyzed(signed), failed(bulk, FailureCode.CANCELLED), failed(address),
    ]  # fmt: skip
    for fact in facts:
        await store.record([fact])
        await publisher.publish(fact)
    cancel = cancel_requested(tenant, request_id=lost.request_id)
    await store.request_cancel(tenant, lost.request_id, cancel.requested_at)
    await publisher.publish(cancel)


async def _accept(
    store: PostgresAnalysisStore, publisher: KafkaPublisher, request: Request, lane: Any = None
) -> None:
    """Announced twice, as a sweeper may."""
    topics = {
        ("bulk", "ImageSubmitted"): IMAGE_SUBMITTED_BULK,
        ("bulk", "ImageRequested"): IMAGE_REQUESTED_BULK,
    }
    await store.accept(request, lane=lane or "interactive", traceparent=TRACEPARENT)
    for _ in range(2):
        topic = topics.get((lane, type(request).__name__))
        await publisher.publish(request, topic=topic, traceparent=TRACEPARENT)


@pytest.fixture
async def emptied(postgres: PostgresServer, postgres_template: str) -> AsyncIterator[str]:
    dsn = create_database(postgres.dsn, template=postgres_template)
    yield dsn
    drop_database(postgres.dsn, dsn)


async def rebuilt(story: Story, dsn: str, progress: Progress | None = None) -> Counts:
    start = progress or Progress(await identity_of_log(story.kafka))
    async with rebuilding(PostgresSettings(dsn=SecretStr(dsn))) as database:
        return await LogReader(story.kafka, database, start, lambda _: None).run()


async def test_the_rows_are_what_they_were_and_a_repeat_changes_nothing(
    story: Story, emptied: str
) -> None:
    counts = await rebuilt(story, emptied)
    before, after = story.rows(story.dsn), story.rows(emptied)
    assert len(before) == 5
    assert after == before
    assert counts.requests >= 5
    assert counts.cancels >= 1
    again = await rebuilt(story, emptied)
    assert (again.requests, again.outcomes, again.cancels) == (0, 0, 0)
    assert again.read == counts.read
    assert story.rows(emptied) == before


async def test_an_older_database_gets_what_it_lacks_and_keeps_what_it_has(
    story: Story, emptied: str
) -> None:
    before = story.rows(story.dsn)
    with psycopg.connect(story.dsn) as connection:
        connection.execute("DELETE FROM analyses WHERE state = 'completed' AND kind = 'url'")
        connection.execute(
            "UPDATE analyses SET state = 'failed', result = NULL, failure_code = 'fetch_failed',"
            " failure_message = 'at first', failure_retryable = true, failure_attempts = 3"
            " WHERE state = 'completed'"
        )
    assert story.rows(story.dsn) != before
    await rebuilt(story, story.dsn)
    assert story.rows(story.dsn) == before


async def test_outcomes_without_a_request_and_records_of_strangers_are_counted(
    story: Story, publisher: KafkaPublisher, emptied: str
) -> None:
    first = await rebuilt(story, emptied)
    await publisher.publish(analyzed(upload_request(story.tenant)))
    await publisher.forward(OutgoingRecord(IMAGE_SUBMITTED.name, b"k", b"no event", ()))
    counts = await rebuilt(story, emptied)
    assert counts.homeless == first.homeless + 1
    assert counts.unreadable == first.unreadable + 1


async def test_one_that_was_broken_off_goes_on_where_it_was(
    story: Story, publisher: KafkaPublisher, emptied: str, tmp_path: Path
) -> None:
    requests = (upload_request(story.tenant) for _ in range(MANY))
    await asyncio.gather(*(publisher.publish(request) for request in requests))
    file = tmp_path / "progress"
    identity = await identity_of_log(story.kafka)

    class BreaksOffError(Exception):
        pass

    def keep(progress: Progress) -> None:
        write_progress(file, progress)
        raise BreaksOffError

    async with rebuilding(PostgresSettings(dsn=SecretStr(emptied))) as database:
        with pytest.raises(BreaksOffError):
            await LogReader(story.kafka, database, Progress(identity), keep).run()
    whole = await rebuilt(story, emptied, read_progress(file, identity))
    everything = await rebuilt(story, emptied)
    assert 0 < whole.read < everything.read
    assert len(story.rows(emptied)) == 5 + MANY
    with pytest.raises(ConfigurationError, match="of another log than the broker has now"):
        read_progress(file, "another")


@pytest.fixture
def worker_login(emptied: str) -> Iterator[str]:
    with restricted(emptied, "analyzer_worker") as login:
        yield login


def test_the_command_tries_it_and_then_does_it_with_the_rights_of_the_io_worker(
    story: Story, emptied: str, worker_login: str, kafka: KafkaServer, tmp_path: Path
) -> None:
    if not isinstance(kafka, SecuredKafka):
        pytest.skip("kafka runs elsewhere: its users and rules are not ours to make")
    prepared(kafka)
    settings = {"ANALYZER_POSTGRES__DSN": worker_login} | of_kafka(kafka, "io")
    tried = run_to_its_end("rebuild", "--dry-run", settings=settings)
    assert tried.code == 0, tried
    assert story.rows(emptied) == []
    file = str(tmp_path / "progress")
    done = run_to_its_end("rebuild", "--progress", file, settings=settings)
    assert done.code == 0, done
    assert done.log.replace("would be ", "") == tried.log.replace("would be ", "")
    assert "not rebuilt, since no topic holds them: keys, users" in done.log
    assert story.rows(emptied) == story.rows(story.dsn)
    assert "image-analyzed:" in json.loads(Path(file).read_text())["next_offsets"]
    after = run_to_its_end("rebuild", "--progress", file, settings=settings)
    assert after.log.startswith("0 records read\n0 requests added, 0 outcomes recorded")

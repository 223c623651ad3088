"""`image-analyzer analyses show`, on the real tables."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from cli.exit_codes import CommandError, ExitCode
from cli.main import app
from schemas.events import ImageRequested
from schemas.options import AnalysisOptions
from storage.analyses_postgres import PostgresAnalysisStore
from storage.deliveries import Attempt, Room, Verdict
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.letter_book import LetterBook
from tests.contract.storage.examples import NOON, analyzed, failed, upload_request, url_request
from tests.contract.storage.migrated import opened_pool, postgres_template

__all__ = ["postgres_template"]

pytestmark = pytest.mark.postgres

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
HIDDEN = "a-word-that-opens"


@pytest.fixture
def dsn(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of the database that the command is told."""
    monkeypatch.setenv("ANALYZER_POSTGRES__DSN", postgres_database)
    return postgres_database


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ("analyses", "show", *arguments))


async def shown(*arguments: str) -> str:
    done = await asyncio.to_thread(run, *arguments)  # it has a loop of its own
    assert done.exception is None, done.exception
    return done.output.strip()


async def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await shown(*arguments, "--json"))
    return found


def wary(**changes: Any) -> ImageRequested:
    """A request that has something to hide wherever a client can put it."""
    address = f"https://user:{HIDDEN}@example.org/a.jpg?signature={HIDDEN}#{HIDDEN}"
    options = AnalysisOptions(callback_url=f"https://hooks.example/{HIDDEN}")
    return url_request(image_url=address, options=options, **changes)


async def test_what_waits_is_shown_with_its_trace(dsn: str) -> None:
    request = wary()
    async with opened_pool(dsn) as pool:
        await PostgresAnalysisStore(pool).accept(request, lane="bulk", traceparent=TRACEPARENT)
    found = await document(str(request.request_id))
    assert (found["state"], found["lane"], found["source"]) == ("accepted", "bulk", "url")
    assert (found["tenant_id"], found["trace_id"]) == ("acme", TRACE_ID)
    assert found["accepted_at"].startswith("2026-03-01T12:00:00")
    assert found["image_url"] == "https://example.org/a.jpg"
    assert (found["finished_at"], found["failure"], found["webhook"]) == (None, None, None)
    page = await shown(str(request.request_id))
    assert f"trace               {TRACE_ID}" in page
    assert HIDDEN not in page + json.dumps(found)


async def test_a_failure_is_shown_with_its_webhook_and_its_replay(dsn: str) -> None:
    request, again = wary(), uuid4()
    async with opened_pool(dsn) as pool:
        store, deliveries = PostgresAnalysisStore(pool), PostgresDeliveryStore(pool)
        await store.accept(request)
        await store.record([failed(request)])
        (claim,) = await deliveries.claim(Room(1, 1, 1), lease=timedelta(minutes=1))
        tried = Attempt(number=1, event=claim.event, at=NOON, took_ms=7, status=503)
        assert await deliveries.finish(claim, tried, Verdict("dead"))
        await store.accept_replay(
            "acme", request.request_id, as_id=again, at=NOON, deadline_at=NOON + timedelta(hours=1)
        )
        await LetterBook(pool, "this log").note(("image-requested-dlq", 3, 42), "replayed", again)
    page = await shown(str(request.request_id))
    assert "failure             fetch_failed (may be tried again): the server said 500" in page
    assert "attempts            3" in page
    assert f"replayed as         {again}" in page
    assert "dead letter         image-requested-dlq[3]@42" in page
    assert "\tdead\t1\thooks.example" in page
    assert "7 ms\t503" in page
    found = await document(str(request.request_id))
    assert found["failure"]["code"] == "fetch_failed"
    assert (found["webhook"]["state"], found["webhook"]["attempts_begun"]) == ("dead", 1)
    assert HIDDEN not in page + json.dumps(found)
    replay = await document(str(again))
    assert replay["replay_of"] == str(request.request_id)
    assert replay["dead_letters_handled"] == ["image-requested-dlq[3]@42"]


async def test_an_id_that_several_tenants_used_is_shown_for_each(dsn: str) -> None:
    request_id = uuid4()
    async with opened_pool(dsn) as pool:
        store = PostgresAnalysisStore(pool)
        for tenant_id in ("acme", "globex", "initech"):
            await store.accept(upload_request(tenant_id))
        for tenant_id in ("initech", "acme"):
            request = upload_request(tenant_id, request_id=request_id)
            await store.accept(request)
            await store.record([analyzed(request)])
    lines = [json.loads(line) for line in (await shown(str(request_id), "--json")).splitlines()]
    assert sorted(line["tenant_id"] for line in lines) == ["acme", "initech"]
    assert [line["result"] for line in lines] == 2 * [{"model": "yolox-nano", "objects": 1}]
    only = await document(str(request_id), "--tenant", "initech")
    assert only["tenant_id"] == "initech"
    assert (await shown(str(request_id))).count("objects found       1") == 2


@pytest.mark.usefixtures("dsn")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), ExitCode.FAILED, "there is no such request;"),
        (("--tenant", "acme"), ExitCode.FAILED, "there is no such request of acme;"),
        (("--tenant", "No!"), ExitCode.CONFIGURATION, "--tenant No!: must be"),
    ],
)
def test_what_is_not_there_is_one_line(
    arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    error = run(str(uuid4()), *arguments).exception
    assert isinstance(error, CommandError)
    assert (error.exit_code, words in str(error)) == (code, True)
    assert "\n" not in str(error)

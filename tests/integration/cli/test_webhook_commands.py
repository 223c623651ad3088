"""`image-analyzer webhooks`, on the real table."""

import base64
import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from cli.exit_codes import CommandError, ExitCode
from cli.main import app
from outbound.webhook_secrets import SecretSource, shown
from schemas.options import AnalysisOptions
from storage.analyses_postgres import PostgresAnalysisStore
from storage.deliveries import Attempt, Claim, Room, Verdict
from storage.deliveries_postgres import PostgresDeliveryStore
from tests.contract.storage.examples import NOON, analyzed, url_request
from tests.contract.storage.migrated import opened_pool, postgres_template

__all__ = ["postgres_template"]

pytestmark = pytest.mark.postgres

MASTER = "a master secret of the tests, thirty-two"
PATH = "a-path-that-is-a-capability"


async def delivery(dsn: str, verdict: Verdict, tenant_id: str = "acme") -> str:
    """One that was tried once; its place."""
    options = AnalysisOptions(callback_url=f"https://hooks.example/{PATH}")
    request = url_request(tenant_id, options=options)
    async with opened_pool(dsn) as pool:
        analyses, deliveries = PostgresAnalysisStore(pool), PostgresDeliveryStore(pool)
        await analyses.accept(request)
        await analyses.record([analyzed(request)])
        (claim,) = await deliveries.claim(Room(1, 1, 1), lease=timedelta(minutes=1))
        assert await deliveries.finish(claim, _attempt(claim), verdict)
    return request.key


def _attempt(claim: Claim) -> Attempt:
    return Attempt(number=claim.number, event=claim.event, at=NOON, took_ms=7, status=500)


@pytest.fixture
async def places(dsn: str) -> tuple[str, str, str]:
    """A dead one, one that waits, and one of another tenant that was delivered."""
    dead = await delivery(dsn, Verdict("dead"))
    waits = await delivery(dsn, Verdict("pending", timedelta(hours=1)))
    delivered = await delivery(dsn, Verdict("delivered"), "globex")
    return dead, waits, delivered


@pytest.fixture
def dsn(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of the database that the commands are told."""
    monkeypatch.setenv("ANALYZER_POSTGRES__DSN", postgres_database)
    return postgres_database


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def said(*arguments: str) -> str:
    done = run(*arguments)
    assert done.exception is None, done.exception
    return done.output.strip()


def failure(*arguments: str) -> ExitCode:
    """With which code the process would end, after one line for the person at the terminal."""
    error = run(*arguments).exception
    assert isinstance(error, CommandError), error
    return error.exit_code


def audited(action: str) -> list[dict[str, Any]]:
    lines = said("audit", "list", "--json", "--action", action).splitlines()
    return [json.loads(line) for line in lines]


def of(*filters: str) -> dict[str, str]:
    """The state of each, by its place."""
    lines = said("webhooks", "list", "--json", *filters).splitlines()
    found: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return {f"{one['tenant_id']}/{one['request_id']}": one["state"] for one in found}


def test_they_are_listed_filtered_and_shown(places: tuple[str, str, str]) -> None:
    dead, waits, delivered = places
    assert of() == {dead: "dead", waits: "pending", delivered: "delivered"}
    assert of("--state", "dead") == {dead: "dead"}
    assert of("--tenant", "globex") == {delivered: "delivered"}
    assert of("--receiver", "other.example") == {}
    assert of("--request", dead.partition("/")[2]) == {dead: "dead"}
    page = said("webhooks", "show", waits)
    assert "500" in page
    assert "next not before" in page
    text = page + said("webhooks", "list")
    assert "3 deliveries" in text
    assert PATH not in text


def test_dead_ones_are_retried_and_it_is_audited(places: tuple[str, str, str]) -> None:
    dead, waits, delivered = places
    assert "would be tried" in said("webhooks", "retry", "--every", "--dry-run")
    assert of("--state", "dead") == {dead: "dead"}
    assert said("webhooks", "retry", "--every") == f"{dead}: due now"
    assert of("--state", "pending") == {dead: "pending", waits: "pending"}
    (entry,) = audited("webhook.retried")
    assert entry["target"] == dead.partition("/")[2]
    assert failure("webhooks", "retry", delivered) is ExitCode.FAILED
    assert of("--state", "delivered") == {delivered: "delivered"}


@pytest.mark.parametrize(
    "arguments",
    [("retry",), ("retry", "--every", "--tenant", "acme"), ("retry", "acme"), ("show", "acme/x")],
)
@pytest.mark.usefixtures("dsn")
def test_what_names_nothing_is_refused(arguments: tuple[str, ...]) -> None:
    assert failure("webhooks", *arguments) is ExitCode.CONFIGURATION


def test_a_secret_is_rotated_and_kept_nowhere(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate = ("webhooks", "secret", "rotate", "--tenant", "acme")
    assert failure(*rotate) is ExitCode.CONFIGURATION, "no master secret"
    monkeypatch.setenv("ANALYZER_WEBHOOKS__MASTER_SECRET", MASTER)
    assert failure(*rotate) is ExitCode.FAILED, "no such tenant"
    said("keys", "create", "--tenant", "acme", "--name", "shop")
    source = SecretSource(MASTER)
    first, second = said(*rotate), said(*rotate, "--now")
    assert (first, second) == tuple(shown(source.secret("acme", n)) for n in (2, 3))
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    with psycopg.connect(dsn) as connection:
        kept = str(connection.execute("SELECT * FROM tenants, audit_events").fetchall())
        query = "SELECT webhook_secret_version, webhook_previous_until <= now() FROM tenants"
        assert connection.execute(query).fetchone() == (3, True)
    assert not {first, second, first[6:], second[6:]} & set(kept.split("'"))
    entries = audited("webhook.secret_rotated")
    assert [entry["details"] for entry in entries] == [{"version": 2}, {"version": 3}]

"""`audit list` and `tenants set-tier` as processes; what operators do is in the log, no key is."""

import getpass
import json
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
import pytest

from cli.dlq_desk import Desk, Found
from cli.operator_audit import operators_audit
from processors.replay import Replayer
from storage.audit_events import AuditQuery
from storage.audit_postgres import PostgresAuditStore
from storage.letter_book import LetterBook
from tests.contract.storage.migrated import opened_pool, postgres_template
from tests.integration.cli.test_identity_commands import run, said
from tests.support.events import image_submitted, record_of
from topics.catalog import IMAGE_SUBMITTED
from topics.letters import DeadLetter

__all__ = ["postgres_template"]

pytestmark = pytest.mark.postgres


def listed(dsn: str, *filters: str) -> list[dict[str, Any]]:
    lines = said(dsn, "audit", "list", "--json", *filters).splitlines()
    return [json.loads(line) for line in lines]


def test_what_operators_do_is_listed_and_no_key_is_kept(postgres_database: str) -> None:
    create = ("keys", "create", "--tenant", "acme", "--name", "shop")
    key = said(postgres_database, *create)
    (minted,) = listed(postgres_database)
    assert (minted["action"], minted["actor"], minted["actor_kind"], minted["tenant_id"]) == (
        "key.minted", getpass.getuser(), "operator", "acme",
    )  # fmt: skip
    said(postgres_database, "keys", "revoke", minted["target"], "--tenant", "acme")
    assert said(postgres_database, "tenants", "set-tier", "acme", "premium") == "acme is premium"
    actions = [one["action"] for one in listed(postgres_database, "--tenant", "acme")]
    assert actions == ["key.minted", "key.revoked", "tenant.tier_changed"]
    shown = said(postgres_database, "audit", "list")
    assert f"key.revoked\tdone\tacme\toperator:{getpass.getuser()}\t{minted['target']}" in shown
    with psycopg.connect(postgres_database) as connection:
        dump = str(connection.execute("SELECT * FROM audit_events").fetchall())
        tier = connection.execute("SELECT tier FROM tenants").fetchone()
    assert key[4:] not in shown + dump
    assert tier == ("premium",)


def test_the_list_is_filtered(postgres_database: str) -> None:
    for tenant in ("acme", "globex"):
        said(postgres_database, "keys", "create", "--tenant", tenant, "--name", "shop")
    assert [one["tenant_id"] for one in listed(postgres_database, "--tenant", "globex")] == [
        "globex"
    ]
    assert len(listed(postgres_database, "--action", "key.minted", "--since", "1h")) == 2
    assert listed(postgres_database, "--action", "key.revoked") == []
    assert listed(postgres_database, "--since", "2999-01-01") == []
    assert [one["tenant_id"] for one in listed(postgres_database, "--limit", "1")] == ["globex"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("audit", "list", "--action", "key.lost"), 2, "there is no such action; address.blocked"),
        (("audit", "list", "--since", "lately"), 2, "must be an age"),
        (("tenants", "set-tier", "nobody", "free"), 1, "nobody: there is no such tenant"),
        (("tenants", "set-tier", "acme", "gold"), 2, "'gold' is not one of"),
    ],
)
def test_what_cannot_be_done_is_said(
    postgres_database: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = run(postgres_database, *arguments)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr


async def test_what_is_done_about_dead_letters_is_audited(postgres_database: str) -> None:
    submitted = image_submitted()
    letter = DeadLetter(record_of(submitted), IMAGE_SUBMITTED)
    async with opened_pool(postgres_database) as pool, operators_audit(pool) as audit:
        book = LetterBook(pool, "this log")
        nothing = cast("Replayer", None)  # notes are all that is asked of it
        desk = Desk(cast("Any", None), book, nothing, audit)
        await desk.note(Found(letter, None), "replayed", submitted.request_id)
        await desk.note(Found(letter, None), "discarded", None)
        entries = await PostgresAuditStore(pool).find(AuditQuery())
        assert letter.place in await book.handled()
    replayed, discarded = (entry.event for entry in entries)
    assert (replayed.action, discarded.action) == ("letter.replayed", "letter.discarded")
    assert replayed.tenant_id == submitted.tenant_id
    assert replayed.target == letter.record.place
    assert replayed.details["request_id"] == str(submitted.request_id)
    assert entries[0].at <= datetime.now(UTC)

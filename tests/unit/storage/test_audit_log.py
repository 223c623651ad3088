"""Written within a bound or said to be lost; sampled where strangers choose; nothing secret."""

import asyncio
import json
import time
from collections.abc import Iterator

import pytest
import structlog

from storage.audit import Action, Actor, AuditLog
from storage.audit_events import A_MINUTE, AuditEvent, AuditQuery, Entry
from storage.audit_memory import MemoryAuditStore
from storage.audit_sampling import Sampling
from storage.audit_text import fit_to_be_kept
from storage.errors import StoreUnavailableError
from storage.key_format import mint_api_key
from telemetry.metrics import Metrics
from tests.support.within import crowd

OPERATOR = Actor("operator", "root")


class Store(MemoryAuditStore):
    """Fails with `error`, or does not end before `may_end`, as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def append(self, entry: Entry) -> None:
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        await super().append(entry)


class Kept:
    """An audit log, its store, and a clock that the test moves."""

    def __init__(self) -> None:
        self.store, self.metrics, self.now = Store(), Metrics(), 0.0
        self.log = AuditLog(
            self.store, self.metrics, sampling=Sampling(lambda: self.now), within_s=0.1
        )

    async def actions(self) -> list[str]:
        return [entry.event.action for entry in await self.store.find(AuditQuery())]

    def count(self, action: Action, outcome: str) -> float:
        labels = {"action": action.value, "outcome": outcome}
        return self.metrics.registry.get_sample_value("analyzer_audit_events_total", labels) or 0


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture(autouse=True)
def said() -> Iterator[list[structlog.types.EventDict]]:
    """What was logged."""
    with structlog.testing.capture_logs() as entries:
        yield entries


async def test_an_event_is_written_and_told_to_the_log(
    kept: Kept, said: list[structlog.types.EventDict]
) -> None:
    await kept.log.note(
        Action.KEY_REVOKED, actor=OPERATOR, tenant_id="acme", target="key_1", reason="lost"
    )
    (entry,) = await kept.store.find(AuditQuery())
    assert (entry.event.target, entry.event.details) == ("key_1", {"reason": "lost"})
    (line,) = said
    assert (line["event"], line["log_level"]) == ("audit", "info")
    assert (line["action"], line["event_id"]) == ("key.revoked", str(entry.event_id))
    assert (line["actor"], line["details"]) == ("root", {"reason": "lost"})
    assert kept.count(Action.KEY_REVOKED, "written") == 1


async def test_what_cannot_be_written_is_counted_and_logged_with_its_content(
    kept: Kept, said: list[structlog.types.EventDict]
) -> None:
    kept.store.error = StoreUnavailableError("postgres", "it is gone")
    await kept.log.note(Action.KEY_REVOKED, actor=OPERATOR, tenant_id="acme", target="key_1")
    lost = said[-1]
    assert (lost["event"], lost["log_level"]) == ("audit_event_not_written", "error")
    assert (lost["action"], lost["actor"], lost["tenant_id"], lost["target"]) == (
        "key.revoked", "root", "acme", "key_1",
    )  # fmt: skip
    assert "it is gone" in lost["reason"]
    assert kept.count(Action.KEY_REVOKED, "lost") == 1


async def test_a_mistake_of_ours_in_the_store_breaks_no_request(kept: Kept) -> None:
    kept.store.error = TypeError("no column")
    await kept.log.note(Action.KEY_REVOKED)
    assert kept.count(Action.KEY_REVOKED, "lost") == 1


async def test_nobody_waits_for_a_store_that_hangs_and_it_is_written_after_all(
    kept: Kept,
) -> None:
    kept.store.may_end.clear()
    began = time.monotonic()
    await kept.log.note(Action.KEY_REVOKED)
    assert time.monotonic() - began < 0.5 * crowd()
    assert await kept.actions() == []
    kept.store.may_end.set()
    await kept.log.aclose()
    assert await kept.actions() == ["key.revoked"]
    assert kept.count(Action.KEY_REVOKED, "written") == 1


async def test_who_hangs_up_takes_no_event_away(kept: Kept) -> None:
    kept.store.may_end.clear()
    request = asyncio.create_task(kept.log.note(Action.KEY_REVOKED))
    await asyncio.sleep(0)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    kept.store.may_end.set()
    await kept.log.aclose()
    assert await kept.actions() == ["key.revoked"]


async def test_what_is_under_way_when_the_process_stops_is_lost_aloud(
    kept: Kept, said: list[structlog.types.EventDict]
) -> None:
    kept.store.may_end.clear()
    await kept.log.note(Action.KEY_REVOKED, target="key_1")
    await kept.log.aclose(within_s=0.01)
    assert (said[-1]["event"], said[-1]["target"]) == ("audit_event_not_written", "key_1")
    assert kept.count(Action.KEY_REVOKED, "lost") == 1


async def test_not_more_than_two_hundred_are_under_way(kept: Kept) -> None:
    kept.store.may_end.clear()
    await asyncio.gather(*(kept.log.note(Action.KEY_REVOKED) for _ in range(250)))
    assert kept.count(Action.KEY_REVOKED, "lost") == 50
    kept.store.may_end.set()
    await kept.log.aclose()
    assert kept.count(Action.KEY_REVOKED, "written") == 200


async def test_of_what_strangers_cause_a_few_a_minute_are_written_and_the_rest_counted(
    kept: Kept,
) -> None:
    for _ in range(1000):
        await kept.log.note(Action.AUTH_FAILED, address="203.0.113.7", outcome="refused")
    await kept.log.note(Action.AUTH_FAILED, address="203.0.113.8", outcome="refused")
    assert await kept.actions() == ["auth.failed"] * 2
    assert kept.count(Action.AUTH_FAILED, "counted") == 999
    kept.now += 60
    await kept.log.note(Action.AUTH_FAILED, address="203.0.113.7", outcome="refused")
    newest = (await kept.store.find(AuditQuery(limit=1)))[0]
    assert newest.event.details == {"not_written_before": 999}


async def test_many_addresses_do_not_fill_the_table(kept: Kept) -> None:
    for number in range(5000):
        await kept.log.note(Action.AUTH_FAILED, address=f"2001:db8::{number:x}")
    assert len(await kept.actions()) == 101
    await kept.log.note(Action.LIMIT_HIT, tenant_id="acme", actor=Actor("key", "k"))
    assert len(await kept.actions()) == 102, "what others do is still seen"
    await kept.log.note(Action.KEY_MINTED, tenant_id="acme")
    assert len(await kept.actions()) == 103


def test_what_strangers_cannot_cause_is_always_written() -> None:
    assert not {
        Action.KEY_MINTED, Action.KEY_REVOKED, Action.USER_CREATED, Action.USER_DISABLED,
        Action.USER_ROLE_CHANGED, Action.LETTER_REPLAYED, Action.LETTER_DISCARDED,
    } & A_MINUTE.keys()  # fmt: skip


CANARY = mint_api_key()
GONE = "\N{REPLACEMENT CHARACTER}"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "kept_text"),
    [
        pytest.param(CANARY, "[secret]", id="a key"),
        pytest.param(f"GET /x/{CANARY[:20]}", "GET /x/[secret]", id="half a key in a path"),
        (f"a {TOKEN} b", "a [secret] b"),
        (TOKEN[:25], "[secret]"),
        ("Bearer abcdefghij", "[secret]"),
        ("postgresql://app:hunter2@db/x", "postgresql://[secret]db/x"),
        ("https://u:p@host/", "https://[secret]host/"),
        ("two\nlines\x1b[31m\x00", f"two{GONE}lines{GONE}[31m{GONE}"),
        ("\ud800", GONE),
        ("x" * 5000, "x" * 300),
        ("key_0123456789abcdef", "key_0123456789abcdef"),
        ("image-submitted-dlq[0]@17", "image-submitted-dlq[0]@17"),
    ],
)  # fmt: skip
def test_credentials_and_control_characters_are_not_kept(text: str, kept_text: str) -> None:
    event = fit_to_be_kept(
        AuditEvent(
            action=Action.AUTH_FAILED, actor=Actor("key", text), tenant_id=text, target=text,
            address=text, trace_id=text, details={text: text},
        )
    )  # fmt: skip
    assert event == AuditEvent(
        action=Action.AUTH_FAILED, actor=Actor("key", kept_text), tenant_id=kept_text,
        target=kept_text, address=kept_text, trace_id=kept_text, details={kept_text: kept_text},
    )  # fmt: skip


async def test_no_canary_leaves_by_table_or_log(
    kept: Kept, said: list[structlog.types.EventDict]
) -> None:
    await kept.log.note(
        Action.KEY_MINTED, actor=Actor("key", CANARY), target=f"a {TOKEN}", why=f"Bearer {CANARY}"
    )
    everything = json.dumps(said) + repr(await kept.store.find(AuditQuery()))
    assert CANARY[4:] not in everything
    assert TOKEN[5:20] not in everything

"""The contract of AuditStore."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from storage.audit_events import Action, Actor, AuditEvent, AuditQuery, AuditStore, Entry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(minute: int = 0, **changes: object) -> Entry:
    facts: dict[str, object] = {
        "action": Action.KEY_MINTED,
        "actor": Actor("user", "u-1"),
        "tenant_id": "acme",
        "target": "key_1",
        "address": "203.0.113.7",
        "trace_id": "ab" * 16,
        "details": {"name": "ci", "uses": 3},
    }
    return Entry(uuid4(), NOON + timedelta(minutes=minute), AuditEvent(**(facts | changes)))  # type: ignore[arg-type] # the fields are what they are


async def test_what_was_appended_comes_back_as_it_was(audit_store: AuditStore) -> None:
    whole, bare = (
        entry(),
        Entry(uuid4(), NOON, AuditEvent(action=Action.AUTH_FAILED, actor=Actor("system"))),
    )
    await audit_store.append(whole)
    await audit_store.append(bare)
    found = await audit_store.find(AuditQuery())
    assert sorted(found, key=str) == sorted([whole, bare], key=str)


async def test_a_repeat_changes_nothing(audit_store: AuditStore) -> None:
    first = entry()
    await audit_store.append(first)
    await audit_store.append(Entry(first.event_id, first.at, entry(target="other").event))
    assert await audit_store.find(AuditQuery()) == [first]


async def test_the_newest_that_fit_oldest_first(audit_store: AuditStore) -> None:
    entries = [entry(minute) for minute in range(5)]
    for one in reversed(entries):
        await audit_store.append(one)
    assert list(await audit_store.find(AuditQuery(limit=3))) == entries[2:]
    assert (
        list(await audit_store.find(AuditQuery(since=NOON + timedelta(minutes=4)))) == entries[4:]
    )


async def test_by_tenant_and_action(audit_store: AuditStore) -> None:
    mine, theirs = entry(), entry(tenant_id="globex")
    revoked, nobodys = entry(1, action=Action.KEY_REVOKED), entry(2, tenant_id=None)
    for one in (mine, theirs, revoked, nobodys):
        await audit_store.append(one)
    assert list(await audit_store.find(AuditQuery(tenant_id="acme"))) == [mine, revoked]
    query = AuditQuery(tenant_id="acme", action="key.revoked")
    assert list(await audit_store.find(query)) == [revoked]
    assert list(await audit_store.find(AuditQuery(tenant_id="nobody"))) == []


async def test_any_text_can_be_kept(audit_store: AuditStore) -> None:
    odd = entry(target="a\ud7ff\N{PILE OF POO}'\"\\", details={"why": "line\nbreak \\u0000"})
    await audit_store.append(odd)
    assert list(await audit_store.find(AuditQuery())) == [odd]

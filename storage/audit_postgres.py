"""The audit log in PostgreSQL, in a table that refuses updates and deletes."""

import json
from collections.abc import Sequence
from datetime import UTC

from storage.audit_events import Action, Actor, AuditEvent, AuditQuery, Entry
from storage.postgres_pool import PostgresPool, Row
from storage.postgres_text import storable, storable_json
from storage.queries import Queries


class PostgresAuditStore:
    """An AuditStore. The pool is the caller's to open and close."""

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def append(self, entry: Entry) -> None:
        await self._pool.run(self._queries["append_audit_event"], _to_row(entry))

    async def find(self, query: AuditQuery) -> Sequence[Entry]:
        rows = await self._pool.fetch(
            self._queries["find_audit_events"],
            {
                "tenant_id": query.tenant_id, "action": query.action, "since": query.since,
                "limit": query.limit,
            },
        )  # fmt: skip
        return [_from_row(row) for row in reversed(rows)]


def _to_row(entry: Entry) -> dict[str, object]:
    event = entry.event
    return {
        "id": entry.event_id,
        "at": entry.at,
        "tenant_id": None if event.tenant_id is None else storable(event.tenant_id),
        "actor": storable(event.actor.name),
        "actor_kind": event.actor.kind,
        "action": event.action.value,
        "target": storable(event.target),
        "outcome": event.outcome,
        "address": event.address,
        "trace_id": event.trace_id,
        "details": storable_json(json.dumps(dict(event.details)).encode()),
    }


def _from_row(row: Row) -> Entry:
    event_id, at, tenant_id, actor, kind, action, target, outcome, address, trace_id, details = row
    event = AuditEvent(
        action=Action(action), actor=Actor(kind, actor), outcome=outcome, tenant_id=tenant_id,
        target=target, address=address, trace_id=trace_id, details=json.loads(details),
    )  # fmt: skip
    return Entry(event_id, at.astimezone(UTC), event)

"""The audit log in a list: the twin of the one in PostgreSQL, for tests."""

from collections.abc import Sequence

from storage.audit_events import AuditQuery, Entry


class MemoryAuditStore:
    """An AuditStore of this process alone."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    async def append(self, entry: Entry) -> None:
        if all(known.event_id != entry.event_id for known in self._entries):
            self._entries.append(entry)

    async def find(self, query: AuditQuery) -> Sequence[Entry]:
        fitting = [entry for entry in self._entries if _fits(entry, query)]
        return sorted(fitting, key=lambda entry: (entry.at, entry.event_id))[-query.limit :]


def _fits(entry: Entry, query: AuditQuery) -> bool:
    event = entry.event
    return (
        query.tenant_id in {None, event.tenant_id}
        and query.action in {None, event.action}
        and (query.since is None or entry.at >= query.since)
    )

"""The audit log: every event goes to the table and, at once, to the log."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from storage.audit_events import NOBODY, Action, Actor, AuditEvent, AuditOutcome, AuditStore, Entry
from storage.audit_sampling import Sampling
from storage.audit_text import fit_to_be_kept
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

__all__ = ["NOBODY", "Action", "Actor", "AuditEvent", "AuditLog", "AuditOutcome"]

_log = get_logger(__name__)
_UNDER_WAY: Final = 200


class AuditLog:
    """`note` waits `within_s` at most for the table; the writing goes on after that. What cannot be
    written is counted (`analyzer_audit_events{outcome="lost"}`) and logged with its content, so
    that nothing is lost without a word. What strangers can cause at will is sampled.
    """

    def __init__(
        self,
        store: AuditStore,
        metrics: Metrics,
        *,
        sampling: Sampling | None = None,
        within_s: float = 0.5,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], UUID] = uuid7,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._sampling = sampling or Sampling()
        self._within_s = within_s
        self._clock = clock
        self._new_id = new_id
        self._writing: dict[asyncio.Task[None], Entry] = {}

    async def note(
        self,
        action: Action,
        *,
        actor: Actor = NOBODY,
        outcome: AuditOutcome = "done",
        tenant_id: str | None = None,
        target: str = "",
        address: str | None = None,
        trace_id: str | None = None,
        **details: str | int,
    ) -> None:
        """Never raises for a store that fails. No credential belongs in any of it."""
        event = AuditEvent(
            action=action, actor=actor, outcome=outcome, tenant_id=tenant_id, target=target,
            address=address, trace_id=trace_id, details=details,
        )  # fmt: skip
        await self.note_event(event)

    async def note_event(self, event: AuditEvent) -> None:
        """The same for an event that is made already."""
        counted = self._sampling.admit(event)
        if counted is None:
            self._count(event, "counted")
            return
        if counted:
            event = replace(event, details={**event.details, "not_written_before": counted})
        entry = Entry(self._new_id(), self._clock(), fit_to_be_kept(event))
        _log.info("audit", **_told(entry))
        if len(self._writing) >= _UNDER_WAY:
            self._lost(entry, f"{_UNDER_WAY} others are being written")
            return
        task = asyncio.create_task(self._store.append(entry))
        self._writing[task] = entry
        task.add_done_callback(self._written)
        await asyncio.wait({task}, timeout=self._within_s)

    async def aclose(self, *, within_s: float = 2.0) -> None:
        """Waits for what is being written; what is not written by then counts as lost."""
        if not self._writing:
            return
        _, late = await asyncio.wait(set(self._writing), timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _written(self, task: asyncio.Task[None]) -> None:
        entry = self._writing.pop(task)
        if task.cancelled():
            self._lost(entry, "the process stops")
        elif (error := task.exception()) is not None:
            self._lost(entry, str(error)[:300] or type(error).__name__)
        else:
            self._count(entry.event, "written")

    def _lost(self, entry: Entry, reason: str) -> None:
        self._count(entry.event, "lost")
        _log.error("audit_event_not_written", reason=reason, **_told(entry))

    def _count(self, event: AuditEvent, outcome: str) -> None:
        self._metrics.audit_events.labels(event.action.value, outcome).inc()


def _told(entry: Entry) -> dict[str, Any]:
    event = entry.event
    told = {
        "event_id": str(entry.event_id), "action": event.action.value, "outcome": event.outcome,
        "actor": event.actor.name, "actor_kind": event.actor.kind, "tenant_id": event.tenant_id,
        "target": event.target, "address": event.address, "details": dict(event.details),
    }  # fmt: skip
    # A trace id that is bound to the context of the log already is not taken away.
    return told if event.trace_id is None else {**told, "trace_id": event.trace_id}

"""Asks the store of limits, and tells metrics and audit log of what it refuses."""

from starlette.types import Scope

from ingest_api.errors import RefusedError, unavailable
from ingest_api.limit_answers import refused
from ingest_api.limit_asks import Ask
from ingest_api.limit_settings import Limits
from ingest_api.scope import address_of, known_principal, trace_of
from storage.audit import NOBODY, Action, Actor, AuditLog
from storage.limits import LimitStore, Verdict
from telemetry.metrics import Metrics


class Limiter:
    """One for all that counts in a process."""

    def __init__(
        self, *, store: LimitStore, limits: Limits, metrics: Metrics, audit: AuditLog
    ) -> None:
        self.limits = limits
        self._store = store
        self._metrics = metrics
        self._audit = audit

    async def take(self, ask: Ask) -> Verdict:
        return await self._store.take(ask.subject, ask.rate, ask.cost)

    async def refusal(self, scope: Scope, ask: Ask, verdict: Verdict) -> RefusedError | None:
        """None for a request that may go on."""
        if not verdict.is_allowed:
            error = refused(ask, verdict)
            await self.note(scope, error.field or ask.name)
            return error
        if verdict.is_degraded and ask.needs_shared_count:
            return unavailable("redis")
        return None

    async def note(self, scope: Scope, name: str) -> None:
        """That a limit has refused a request."""
        self._metrics.limited.labels(name).inc()
        principal = known_principal(scope)
        await self._audit.note(
            Action.LIMIT_HIT,
            actor=NOBODY if principal is None else _actor(principal.key_id, principal.user_id),
            outcome="refused",
            tenant_id=None if principal is None else principal.tenant_id,
            target=name,
            address=address_of(scope),
            trace_id=trace_of(scope).trace_id,
        )

    async def note_unknown(self, scope: Scope) -> None:
        """That a request came without a credential that is good."""
        await self._audit.note(
            Action.AUTH_FAILED,
            outcome="refused",
            target=f"{scope['method']} {scope['path']}",
            address=address_of(scope),
            trace_id=trace_of(scope).trace_id,
        )


def _actor(key_id: str, user_id: object) -> Actor:
    return Actor("key" if user_id is None else "user", key_id)

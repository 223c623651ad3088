"""Asks the store of limits, and tells metrics and audit log of what it refuses."""

from starlette.types import Scope

from ingest_api.actors import Noted, noted, noted_as
from ingest_api.errors import RefusedError, unavailable
from ingest_api.limit_answers import refused
from ingest_api.limit_asks import Ask, is_login
from ingest_api.limit_settings import Limits
from ingest_api.scope import known_principal
from storage.audit import NOBODY, Action, AuditLog
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
            self._count(ask.name, "refused")
            return unavailable("redis")
        self._count(ask.name, "degraded" if verdict.is_degraded else "allowed")
        return None

    async def note(self, scope: Scope, name: str) -> None:
        """That a limit has refused a request."""
        self._count(name, "refused")
        await self._audit.note(
            Action.LIMIT_HIT, outcome="refused", target=name, **_whoever(scope)
        )  # fmt: skip

    def _count(self, name: str, decision: str) -> None:
        self._metrics.limiter_decisions.labels(name, decision).inc()

    async def note_refused(self, scope: Scope, status: int) -> None:
        """That a request came without a good credential, or with one that may not do this."""
        action = {401: Action.AUTH_FAILED, 403: Action.AUTHZ_DENIED}.get(status)
        if action is None or is_login(scope):  # who logs in says more of it
            return
        target = f"{scope['method']} {scope['path']}"
        await self._audit.note(action, outcome="refused", target=target, **_whoever(scope))


def _whoever(scope: Scope) -> Noted:
    return noted_as(scope, NOBODY, None) if known_principal(scope) is None else noted(scope)

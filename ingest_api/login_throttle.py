"""How often the password of one account may be tried, whoever tries and whether it is there."""

import contextlib
from typing import Final

from starlette.types import Scope

from ingest_api.account_names import AccountNames
from ingest_api.actors import noted_as
from ingest_api.errors import RATE_LIMITED, RefusedError
from ingest_api.limit_asks import network_of
from ingest_api.scope import address_of
from storage.audit import NOBODY, Action, AuditLog
from storage.errors import StorageError
from storage.login_attempts import Attempt, AttemptStore, Patience
from telemetry.metrics import Metrics

_LIMIT: Final = "account"


class LoginThrottle:
    """Names that nobody has are counted like others, so that a refusal says nothing of them."""

    def __init__(
        self,
        *,
        store: AttemptStore,
        patience: Patience,
        names: AccountNames,
        metrics: Metrics,
        audit: AuditLog,
    ) -> None:
        self._store = store
        self._patience = patience
        self._names = names
        self._metrics = metrics
        self._audit = audit

    def named(self, login: str) -> str:
        """What the audit log calls somebody whom nobody knows."""
        return f"unknown_{self._names.digest(login)[:16]}"

    async def begin(self, scope: Scope, login: str) -> Attempt:
        """Before a password is looked at. Raises RefusedError with the time to wait, and
        StoreUnavailableError: without a count nobody tries."""
        network = network_of(address_of(scope))
        attempt = Attempt(self._names.digest(login), self._names.digest(login, network))
        wait_ms = await self._store.begin(attempt, self._patience)
        if wait_ms == 0:
            return attempt
        self._metrics.limiter_decisions.labels(_LIMIT, "refused").inc()
        await self._audit.note(
            Action.LIMIT_HIT, outcome="refused", target=_LIMIT, account=self.named(login),
            **noted_as(scope, NOBODY, None),
        )  # fmt: skip
        raise RefusedError(
            refusal=RATE_LIMITED, field=_LIMIT, retry_after_s=-(-wait_ms // 1000),
            detail="the password of this account was tried too often",
        )  # fmt: skip

    async def succeed(self, attempt: Attempt) -> None:
        """The password was right. Where that cannot be noted it counts as one more that was not:
        whoever is in stays in."""
        with contextlib.suppress(StorageError):
            await self._store.succeed(attempt)

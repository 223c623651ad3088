"""Limits that hold without Redis: each process then enforces them by itself."""

from dataclasses import replace

from storage.errors import StorageError
from storage.limits import LimitStore, Rate, Verdict
from storage.limits_memory import MemoryLimitStore
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_log = get_logger(__name__)


class FallbackLimitStore:
    """A LimitStore that never fails. While the shared one does, verdicts are this process's own and
    say so, and `analyzer_limiter_degraded` is 1: n processes then let n times the limit through.
    """

    def __init__(self, shared: LimitStore, metrics: Metrics) -> None:
        self._shared = shared
        self._own = MemoryLimitStore()
        self._metrics = metrics
        self._is_degraded = False

    async def take(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        try:
            verdict = await self._shared.take(subject, rate, cost)
        except StorageError as error:
            self._note(str(error))
            return replace(await self._own.take(subject, rate, cost), is_degraded=True)
        self._note(None)
        return verdict

    async def aclose(self) -> None:
        await self._shared.aclose()

    def _note(self, problem: str | None) -> None:
        if self._is_degraded == (problem is not None):
            return
        self._is_degraded = problem is not None
        self._metrics.limiter_degraded.set(self._is_degraded)
        if problem is None:
            _log.info("limiter_shared_again")
        else:
            _log.warning("limiter_degraded", error=problem[:300], meaning="each process by itself")

"""Postgres -> sweep -> image-requested, image-submitted, cancel-requested: what was accepted or
asked for and never announced."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from processors.announce_again import AnnounceAgain
from processors.backlog_metrics import BacklogMetrics
from processors.errors import HOLD_ERRORS, TRANSIENT_ERRORS
from processors.reap import Reaper
from storage.ports import AnalysisStore, Cancellation, Unannounced
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from topics.horizon import BacklogClock

_log = get_logger(__name__)
_BATCH = 500


class Sweeper:
    """Announces again, tidies up, decides nothing; one active among replicas. A backlog is not a
    loss: only requests older than the oldest unfinished record, less a grace, are announced again.
    Cancellations go first, so that a worker knows of them when it gets the request."""

    def __init__(
        self,
        *,
        analyses: AnalysisStore,
        again: AnnounceAgain,
        backlog: BacklogClock,
        reaper: Reaper,
        clock: Callable[[], datetime],
        metrics: Metrics,
        every_s: float,
        grace_s: float,
    ) -> None:
        self._analyses = analyses
        self._again = again
        self._backlog = backlog
        self._reaper = reaper
        self._clock = clock
        self._metrics = metrics
        self._told = BacklogMetrics(analyses, metrics)
        self._every_s = every_s
        self._grace = timedelta(seconds=grace_s)

    async def run(self) -> None:
        """For ever, without a pause while there is more than one round takes; a dependency that
        is down only delays it."""
        while True:
            announced = 0
            try:
                announced = await self.sweep()
            except (*HOLD_ERRORS, *TRANSIENT_ERRORS) as error:
                self._metrics.sweeps.labels("postponed").inc()
                self._told.forget()
                _log.warning("sweep_postponed", error=str(error)[:300])
            if announced < _BATCH:
                await asyncio.sleep(self._every_s)

    async def sweep(self) -> int:
        """One round; how many requests were announced. 0 as well when another replica sweeps."""
        async with self._analyses.sweeping() as is_ours:
            if not is_ours:
                self._metrics.sweeps.labels("not_ours").inc()
                self._told.forget()
                return 0
            now = self._clock()
            before = await self._backlog.oldest_unfinished(now) - self._grace
            self._told.tell_lag(self._backlog.lag)
            await self._told.tell(now)
            cancels = await self._analyses.find_unannounced_cancels(
                before, now - self._grace, _BATCH
            )
            if cancels:
                await self._announce_cancels(cancels, now)
            lost = await self._analyses.find_unannounced(before, _BATCH)
            if lost:
                await self._announce(lost, now)
            await self._tidy(now)
            self._metrics.sweeps.labels("done").inc()
            return len(lost)

    async def _announce(self, lost: Sequence[Unannounced], now: datetime) -> None:
        await asyncio.gather(*(self._again.request(one) for one in lost))
        await self._analyses.mark_announced([one.request for one in lost], now)
        self._metrics.swept.labels("request").inc(len(lost))
        _log.info("announced_again", count=len(lost))

    async def _announce_cancels(self, cancels: Sequence[Cancellation], now: datetime) -> None:
        await asyncio.gather(*(self._again.cancel(one) for one in cancels))
        await self._analyses.mark_cancels_announced(cancels, now)
        self._metrics.swept.labels("cancel").inc(len(cancels))
        _log.info("cancels_announced_again", count=len(cancels))

    async def _tidy(self, now: datetime) -> None:
        forgotten = await self._analyses.forget_expired_keys(now, _BATCH)
        self._metrics.swept.labels("idempotency_key").inc(forgotten)
        await self._reaper.reap()

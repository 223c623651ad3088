"""Postgres -> sweep -> image-requested, image-submitted: what was accepted and never announced."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from processors.errors import HOLD_ERRORS, TRANSIENT_ERRORS
from storage.ports import AnalysisStore, Request
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from topics.horizon import BacklogClock
from topics.publisher import EventPublisher

_log = get_logger(__name__)
_BATCH = 500


class Sweeper:
    """Announces again, decides nothing; one active among replicas. A backlog is not a loss: only
    requests older than the oldest unfinished record, less a grace, are announced again."""

    def __init__(
        self,
        *,
        analyses: AnalysisStore,
        publisher: EventPublisher,
        backlog: BacklogClock,
        clock: Callable[[], datetime],
        metrics: Metrics,
        every_s: float,
        grace_s: float,
    ) -> None:
        self._analyses = analyses
        self._publisher = publisher
        self._backlog = backlog
        self._clock = clock
        self._metrics = metrics
        self._every_s = every_s
        self._grace = timedelta(seconds=grace_s)

    async def run(self) -> None:
        """For ever; a dependency that is down only delays it."""
        while True:
            try:
                await self.sweep()
            except (*HOLD_ERRORS, *TRANSIENT_ERRORS) as error:
                _log.warning("sweep_postponed", error=str(error)[:300])
            await asyncio.sleep(self._every_s)

    async def sweep(self) -> int:
        """One round; how many were announced. 0 as well when another replica sweeps."""
        async with self._analyses.sweeping() as is_ours:
            if not is_ours:
                return 0
            now = self._clock()
            before = await self._backlog.oldest_unfinished(now) - self._grace
            lost = await self._analyses.find_unannounced(before, _BATCH)
            if lost:
                await self._announce(lost, now)
            return len(lost)

    async def _announce(self, lost: list[Request], now: datetime) -> None:
        await asyncio.gather(*(self._publisher.publish(request) for request in lost))
        await self._analyses.mark_announced(lost, now)
        self._metrics.swept.inc(len(lost))
        _log.info("announced_again", count=len(lost))

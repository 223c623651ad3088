"""How much has no outcome, and how old it is, by lane and by what the tenant pays for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, get_args

from schemas.events import Lane
from schemas.roles import Tier
from storage.ports import AnalysisStore
from telemetry.metrics import Metrics

_MOST: Final = 100_000
_EVERY: Final = [(lane, tier) for lane in get_args(Lane) for tier in get_args(Tier)]


class BacklogMetrics:
    """As of the last round of the sweeper. Of more than 100,000 requests the oldest are counted."""

    def __init__(self, analyses: AnalysisStore, metrics: Metrics) -> None:
        self._analyses = analyses
        self._metrics = metrics

    async def tell(self, now: datetime) -> None:
        """One statement, over an index of unfinished rows. Raises StoreUnavailableError and
        TransientStorageError."""
        found = {(one.lane, one.tier): one for one in await self._analyses.backlogs(_MOST)}
        for place in _EVERY:
            backlog = found.get(place)
            age_s = 0.0 if backlog is None else (now - backlog.oldest_at).total_seconds()
            self._metrics.oldest_seconds.labels(*place).set(max(0.0, age_s))
            self._metrics.unfinished.labels(*place).set(0 if backlog is None else backlog.count)

    def tell_lag(self, lag: Mapping[tuple[str, str], int]) -> None:
        """Records by group and topic."""
        for place, records in lag.items():
            self._metrics.lag.labels(*place).set(records)

    def forget(self) -> None:
        """Another process tells it now, or nobody knows: an old value would be believed."""
        for level in (self._metrics.oldest_seconds, self._metrics.unfinished, self._metrics.lag):
            level.clear()

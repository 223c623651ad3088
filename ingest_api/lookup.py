"""Where an analysis stands, from the nearest that knows: cache, record, memory of the tail."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ingest_api.live import Hub
from ingest_api.news import News, OutcomeEvent, outcome_of
from schemas.events import Lane
from storage.errors import StorageError
from storage.ports import Analysis, AnalysisStore, Completed, Failed, Outcome, Pending, ResultCache
from storage.settling import to_fact
from telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Found:
    tenant_id: str
    request_id: UUID
    accepted_at: datetime
    outcome: Outcome
    lane: Lane = "interactive"
    cancel_requested_at: datetime | None = None
    replay_of: UUID | None = None
    replayed_as: UUID | None = None

    @property
    def state(self) -> str:
        if isinstance(self.outcome, Failed):
            return self.outcome.state
        return "completed" if isinstance(self.outcome, Completed) else "accepted"


class Lookup:
    """Asks the record only for what the cache does not hold, and fills the cache with results:
    they never change, while a failure may still be overruled by one."""

    def __init__(
        self, *, cache: ResultCache, analyses: AnalysisStore, hub: Hub, metrics: Metrics
    ) -> None:
        self._cache = cache
        self._analyses = analyses
        self._hub = hub
        self._metrics = metrics

    async def find(self, tenant_id: str, request_id: UUID) -> Found | None:
        """None for what is unknown and for what is another tenant's. Raises StorageError when the
        record does not answer and nobody else knows the outcome."""
        cached = await self._cache.get(tenant_id, request_id)
        self._metrics.cache.labels("miss" if cached is None else "hit").inc()
        if cached is not None:
            return _from_analysis(cached)
        recalled = self._hub.recall(f"{tenant_id}/{request_id}")
        try:
            known = await self._analyses.find(tenant_id, request_id)
        except StorageError:
            if recalled is None:
                raise
            return from_news(recalled)
        if known is None:
            return None
        if isinstance(known.outcome, Pending):
            found = _from_analysis(known)
            return found if recalled is None else replace(found, outcome=_told(recalled))
        if isinstance(known.outcome, Completed):
            await self._cache.put([known])
        return _from_analysis(known)


def from_news(news: News) -> Found:
    """As far as the log tells it: what only the record knows is left out."""
    event = news.event
    return Found(event.tenant_id, event.request_id, event.accepted_at, _told(news))


def to_event(found: Found) -> OutcomeEvent | None:
    """The event that told this outcome; None while there is none."""
    if isinstance(found.outcome, Pending):
        return None
    return to_fact(found.tenant_id, found.request_id, found.accepted_at, found.outcome)


def _from_analysis(known: Analysis) -> Found:
    request = known.request
    return Found(
        request.tenant_id,
        request.request_id,
        request.accepted_at,
        known.outcome,
        lane=known.lane,
        cancel_requested_at=known.cancel_requested_at,
        replay_of=known.replay_of,
        replayed_as=known.replayed_as,
    )


def _told(news: News) -> Completed | Failed:
    return outcome_of(news.event, news.at)

"""Object storage, Postgres -> reap -> nothing: objects that no request, and no dead letter, has any
more; webhook deliveries that were finished long ago."""

from collections.abc import Callable
from datetime import datetime, timedelta

from storage.deliveries import DeliveryStore
from storage.ports import AnalysisStore, ImageStore
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from topics.catalog import DEAD_LETTERS
from topics.dead_letters import PARKED

_log = get_logger(__name__)
_PAGE = 1000
_DAY = timedelta(days=1)


class Reaper:
    """Goes through the bucket page by page, then begins again. Only keys that our own processes
    make are looked at: pictures older than `after`, since a younger one may get its row yet, and
    what was parked for a dead letter that its topic has forgotten. With each page go deliveries
    that were finished `keep_deliveries` ago."""

    def __init__(
        self,
        *,
        images: ImageStore,
        analyses: AnalysisStore,
        metrics: Metrics,
        clock: Callable[[], datetime],
        after: timedelta,
        every: timedelta,
        deliveries: DeliveryStore,
        keep_deliveries: timedelta,
    ) -> None:
        self._images = images
        self._analyses = analyses
        self._metrics = metrics
        self._clock = clock
        self._after = after
        self._every = every
        self._deliveries = deliveries
        self._keep_deliveries = keep_deliveries
        self._last_key = ""
        self._due_at: datetime | None = None

    async def reap(self) -> int:
        """One page, when it is time for one; how many objects were deleted.

        Raises StoreUnavailableError and TransientStorageError."""
        now = self._clock()
        if self._due_at is not None and now < self._due_at:
            return 0
        page = await self._images.page(self._last_key, _PAGE)
        old = [one.key for one in page if one.stored_at < now - self._after]
        orphans = await self._analyses.without_row(old)
        forgotten = now - DEAD_LETTERS[0].retention - _DAY
        orphans += [
            one.key for one in page if one.key.startswith(PARKED) and one.stored_at < forgotten
        ]
        for key in orphans:
            await self._images.delete(key)
            _log.info("object_reaped", key=key)
        self._metrics.swept.labels("object").inc(len(orphans))
        forgotten_deliveries = await self._deliveries.forget(now - self._keep_deliveries, _PAGE)
        self._metrics.swept.labels("delivery").inc(forgotten_deliveries)
        self._last_key = page[-1].key if page else ""
        self._due_at = now + self._every
        return len(orphans)

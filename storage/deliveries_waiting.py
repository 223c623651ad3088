"""A row of `webhook_deliveries` in memory: what both twins, of the record and of the deliveries,
share as the real ones share a table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from schemas.events import AnalysisFailed, ImageAnalyzed
from storage.deliveries import Attempt, DeliveryEvent, DeliveryState

EVENTS: Final[Mapping[type[ImageAnalyzed | AnalysisFailed], DeliveryEvent]] = {
    ImageAnalyzed: "image-analyzed",
    AnalysisFailed: "analysis-failed",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    event: DeliveryEvent
    url: str
    created_at: datetime
    traceparent: str | None
    begun_at: datetime | None = None
    due_at: datetime | None = None
    state: DeliveryState = "pending"
    finished_at: datetime | None = None
    number: int = 0
    number_before: int = 0
    attempts: tuple[Attempt, ...] = ()

    @property
    def receiver(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def begun(self) -> datetime:
        return self.begun_at or self.created_at

    @property
    def due(self) -> datetime:
        return self.due_at or self.created_at

    def anew(self, event: DeliveryEvent, at: datetime, traceparent: str | None) -> "Waiting":
        """For a result that replaces a failure: attempts go on being counted."""
        return Waiting(
            event, self.url, at, traceparent, number=self.number, number_before=self.number,
            attempts=self.attempts,
        )  # fmt: skip

    def again(self, at: datetime) -> "Waiting":
        """As an operator wants it: now, and with all its time and attempts."""
        return replace(
            self, state="pending", begun_at=at, due_at=at, finished_at=None,
            number_before=self.number,
        )  # fmt: skip

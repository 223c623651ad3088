"""Where one client's stream stands, and which facts it has been told."""

from ingest_api.event_ids import IdSealer, LogPlace, Spot
from ingest_api.news import News
from ingest_api.recent import Once

_REMEMBERED = 2000


class Cursor:
    """It only moves forward: a client that comes from a replica that was further ahead is not told
    again what it was told there."""

    def __init__(self, sealer: IdSealer, tenant_id: str, place: LogPlace) -> None:
        self._sealer = sealer
        self._tenant_id = tenant_id
        self._identity = place.identity
        self._offsets: dict[Spot, int] = dict(place.offsets)
        self._told = Once(_REMEMBERED)

    @property
    def place(self) -> LogPlace:
        return LogPlace(self._identity, self._offsets)

    @property
    def event_id(self) -> str:
        return self._sealer.seal(self._tenant_id, self.place)

    def is_new(self, news: News) -> bool:
        """Whether to tell it. Moves the cursor behind it in any case."""
        is_ahead = news.place.identity != self._identity or news.offset >= self._offsets.get(
            news.spot, 0
        )
        self.advance(news.place)
        return is_ahead and self._told.is_new(news.event_id)

    def pass_over(self, spot: Spot, offset: int) -> None:
        """A record was read that is none of this client's."""
        self._offsets[spot] = max(self._offsets.get(spot, 0), offset + 1)

    def advance(self, place: LogPlace) -> bool:
        """Whether it moved."""
        if place.identity != self._identity:
            self._identity, self._offsets = place.identity, dict(place.offsets)
            return True
        moved = False
        for spot, offset in place.offsets.items():
            if offset > self._offsets.get(spot, -1):
                self._offsets[spot] = offset
                moved = True
        return moved

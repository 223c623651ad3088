"""How fast a body must come."""

from ingest_api.settings import ApiSettings


class Pace:
    """After a grace, at the published rate; and in all no longer than the size that is announced
    deserves, or the grace if that is longer. Moments are those of the event loop's clock."""

    def __init__(self, settings: ApiSettings, *, begun: float, size: int) -> None:
        self._begun = begun
        self._settings = settings
        self.total_s = max(settings.body_grace_s, size / settings.body_bytes_per_s)

    def due(self, received: int) -> float:
        """When the body is given up, if no more comes than was received until now."""
        earned_s = self._settings.body_grace_s + received / self._settings.body_bytes_per_s
        return self._begun + min(self.total_s, earned_s)

    def begin_again(self, now: float) -> None:
        """Nobody read what had come: the sender is not to blame for the time until now."""
        self._begun = now

"""Whether a processor moves: what is in work, when something last ended, what it waits for."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pulse:
    """One per consumed topic. A hold counts as progress: waiting for a dead dependency is right."""

    name: str
    in_flight: int = 0
    last_progress: float = field(default_factory=time.monotonic)
    holds: dict[str, int] = field(default_factory=dict)
    stopped_by_limit: int = 0

    def taken(self) -> None:
        if self.in_flight == 0:
            self.last_progress = time.monotonic()
        self.in_flight += 1

    def settled(self) -> None:
        self.in_flight -= 1
        self.last_progress = time.monotonic()

    def hold(self, dependency: str) -> None:
        self.holds[dependency] = self.holds.get(dependency, 0) + 1

    def release(self, dependency: str) -> None:
        left = self.holds.get(dependency, 0) - 1
        if left > 0:
            self.holds[dependency] = left
        else:
            self.holds.pop(dependency, None)
        self.last_progress = time.monotonic()

    @property
    def is_waiting(self) -> bool:
        """Something in work is held, or waits for errors of our own to end."""
        return bool(self.holds) or self.stopped_by_limit > 0

    def is_stuck(self, *, after_s: float) -> bool:
        """Something is in work, nothing has ended for that long, and no hold explains it."""
        if self.in_flight == 0 or self.is_waiting:
            return False
        return time.monotonic() - self.last_progress > after_s

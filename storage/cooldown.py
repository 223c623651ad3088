"""A pause after repeated failures, so that a dead server costs its timeout only now and then."""

from collections.abc import Callable
from time import monotonic


class Cooldown:
    """After `failures` in a row nothing is allowed for `pause_s`, then one probe at a time
    until one succeeds. For one event loop; not for threads.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        pause_s: float = 5.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._limit = failures
        self._pause_s = pause_s
        self._clock = clock
        self._in_a_row = 0
        self._closed_until = 0.0

    def allows(self) -> bool:
        """Whether to ask. A yes after the pause is the probe's alone: the next comes later."""
        if self._in_a_row < self._limit:
            return True
        if self._clock() < self._closed_until:
            return False
        self._closed_until = self._clock() + self._pause_s
        return True

    def succeeded(self) -> None:
        self._in_a_row = 0

    def failed(self) -> None:
        self._in_a_row += 1
        self._closed_until = self._clock() + self._pause_s

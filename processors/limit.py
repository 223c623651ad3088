"""The limit on setting records aside for errors of our own: a bad deploy must not empty a topic."""

from collections import deque

_IN_A_ROW = 20
_WINDOW = 200


class UnexpectedLimit:
    """Reached by 20 unexpected errors in a row, or when they are half of the last 200 messages.
    Records that break the contract do not count: strangers' records never stop anybody."""

    def __init__(self) -> None:
        self._row = 0
        self._recent: deque[bool] = deque(maxlen=_WINDOW)

    def count(self, *, unexpected: bool) -> None:
        self._row = self._row + 1 if unexpected else 0
        self._recent.append(unexpected)

    @property
    def is_reached(self) -> bool:
        half = len(self._recent) == _WINDOW and sum(self._recent) * 2 >= _WINDOW
        return self._row >= _IN_A_ROW or half

    def reset(self) -> None:
        """After the record that tripped it went through."""
        self._row = 0
        self._recent.clear()

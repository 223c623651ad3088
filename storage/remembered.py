"""Answers kept for a short while, by digest; bounded, so that nobody fills the process."""

from typing import Final, Generic, TypeVar

_T = TypeVar("_T")
MOST: Final = 10_000


class Remembered(Generic[_T]):
    """The oldest entry goes when it is full. `now` is any clock that only grows, in seconds."""

    def __init__(self, lasts_s: float) -> None:
        self._lasts_s = lasts_s
        self._entries: dict[bytes, tuple[float, _T]] = {}

    def get(self, digest: bytes, now: float) -> tuple[_T] | None:
        entry = self._entries.get(digest)
        if entry is None or entry[0] <= now:
            return None
        return (entry[1],)

    def put(self, digest: bytes, value: _T, now: float) -> None:
        self._entries.pop(digest, None)
        while len(self._entries) >= MOST:
            del self._entries[next(iter(self._entries))]
        self._entries[digest] = (now + self._lasts_s, value)

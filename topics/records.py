"""A record as it lies in the log, and one on its way there."""

from dataclasses import dataclass
from datetime import UTC, datetime

Headers = tuple[tuple[str, bytes | None], ...]
"""As they travel: repeats and null values included."""


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes as read. `timestamp_ms` is the broker's or the producer's, in Unix milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> str | None:
        """The last value of that header (a repeat overrides); broken UTF-8 is replaced. None when
        there is no such header, or its value is null."""
        for key, value in reversed(self.headers):
            if key == name:
                return None if value is None else value.decode("utf-8", "replace")
        return None

    @property
    def at(self) -> datetime:
        """A timestamp that no calendar holds (a producer may write any number) counts as 1970."""
        try:
            return datetime.fromtimestamp(self.timestamp_ms / 1000, UTC)
        except (OverflowError, ValueError, OSError):
            return datetime.fromtimestamp(0, UTC)

    @property
    def place(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def written_value(self) -> bytes | None:
        """Kafka's client refuses a record with neither key nor value: such a one gets an empty
        value."""
        return b"" if self.key is None and self.value is None else self.value

"""Where a reader stands in a set of partitions: the next offset to read of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Positions:
    """Immutable; `(topic, partition) -> next offset`."""

    offsets: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def after(self, topic: str, partition: int, offset: int) -> "Positions":
        """As it is once that record has been read."""
        return Positions({**self.offsets, (topic, partition): offset + 1})

    def to_text(self) -> str:
        """`topic:partition:offset` joined by commas, sorted."""
        return ",".join(f"{t}:{p}:{offset}" for (t, p), offset in sorted(self.offsets.items()))

    def __iter__(self) -> Iterator[tuple[tuple[str, int], int]]:
        return iter(self.offsets.items())

    def __contains__(self, place: tuple[str, int]) -> bool:
        return place in self.offsets


def from_text(text: str) -> Positions:
    """Raises ValueError for anything that `to_text` does not write."""
    offsets: dict[tuple[str, int], int] = {}
    for part in filter(None, text.split(",")):
        topic, partition, offset = part.split(":")
        offsets[topic, int(partition)] = int(offset)
    positions = Positions(offsets)
    if positions.to_text() != text:
        raise ValueError("not as to_text writes it")
    return positions

"""Who writes and who reads each published type: this decides what may change in it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Direction(StrEnum):
    """Our part in a type. Produced: readers of an older release must be able to take what we write
    now. Consumed: we must be able to take what was written by an older release."""

    PRODUCED = "produced"
    CONSUMED = "consumed"


_BOTH: Final = frozenset(Direction)

DIRECTIONS: Final[Mapping[str, frozenset[Direction]]] = {
    # Work passes between processes of ours that are replaced one by one.
    "image-requested": _BOTH,
    "image-submitted": _BOTH,
    "cancel-requested": _BOTH,
    # Strangers write these; we only read.
    "image-requested-inbox": frozenset({Direction.CONSUMED}),
    "image-submitted-inbox": frozenset({Direction.CONSUMED}),
    # Strangers read these; the recorder reads them, too, and the record keeps them.
    "image-analyzed": _BOTH,
    "analysis-failed": _BOTH,
    "analysis-result": _BOTH,
}

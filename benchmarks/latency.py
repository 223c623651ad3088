"""Percentiles of measured durations, exact: nothing is put into buckets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; a percentile is the smallest value that so many are not above."""

    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self | None:
        """None for no measurement."""
        if not seconds:
            return None
        ordered = sorted(seconds)
        return cls(
            p50_ms=_nearest_rank(ordered, 50),
            p90_ms=_nearest_rank(ordered, 90),
            p99_ms=_nearest_rank(ordered, 99),
            max_ms=round(ordered[-1] * 1000, 3),
        )


def _nearest_rank(ordered: Sequence[float], percent: int) -> float:
    rank = max(1, math.ceil(len(ordered) * percent / 100))
    return round(ordered[rank - 1] * 1000, 3)

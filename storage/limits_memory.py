"""Limits counted in this process: the store where there is no Redis, and while it is gone."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from storage.limits import DAY_MS, Count, Rate, Verdict, is_within

_SUBJECTS: Final = 20_000


@dataclass(slots=True)
class _Ledger:
    """`free_at_us` is when the bucket is full again; the counters are those of `day`."""

    free_at_us: int = 0
    day: int = 0
    yesterday: int = 0
    today: int = 0


class MemoryLimitStore:
    """A LimitStore of this process alone. A clock that never steps is its measure; the subject
    that asked least recently is forgotten when there are 20,000."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ledgers: OrderedDict[str, _Ledger] = OrderedDict()

    async def take(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        now_us = int(self._clock() * 1_000_000)
        ledger = self._opened(subject, now_us // 1000 // DAY_MS)
        price = rate.price(cost)
        count = _counted(ledger, rate, now_us)
        if not is_within(rate, price, count):
            return Verdict(rate, price, count)
        ledger.free_at_us = now_us + count.debt_us + price * rate.token_us
        ledger.today += price
        return Verdict(rate, price, replace(_counted(ledger, rate, now_us), is_allowed=True))

    async def aclose(self) -> None:
        self._ledgers.clear()

    def _opened(self, subject: str, day: int) -> _Ledger:
        ledger = self._ledgers.setdefault(subject, _Ledger(day=day))
        self._ledgers.move_to_end(subject)
        if len(self._ledgers) > _SUBJECTS:
            self._ledgers.popitem(last=False)
        if ledger.day != day:
            ledger.yesterday = ledger.today if ledger.day == day - 1 else 0
            ledger.day, ledger.today = day, 0
        return ledger


def _counted(ledger: _Ledger, rate: Rate, now_us: int) -> Count:
    return Count(
        is_allowed=False,
        debt_us=min(rate.burst * rate.token_us, max(0, ledger.free_at_us - now_us)),
        yesterday=ledger.yesterday,
        today=ledger.today,
        elapsed_ms=now_us // 1000 % DAY_MS,
    )

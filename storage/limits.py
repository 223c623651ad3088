"""How much one subject may ask for: the port that counts, and what a count means."""

from dataclasses import dataclass
from typing import Final, Protocol

DAY_MS: Final = 86_400_000
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket of `burst` tokens that fills at `per_minute`, and a quota of `per_day`.

    The bucket is kept as one moment, the generic cell rate algorithm of ITU-T I.371: `debt` is how
    far that moment lies ahead. The quota is a sliding window of two counters: what the day before
    had counts for the part of it that the last 24 hours reach into. All of it is whole numbers, so
    that no two implementations round differently.
    """

    per_minute: int
    burst: int
    per_day: int

    @property
    def token_us(self) -> int:
        """How long a token takes to come."""
        return 60 * _SECOND_US // self.per_minute

    def price(self, cost: int) -> int:
        """What costs more than there can ever be takes all there can be."""
        return max(1, min(cost, self.burst, self.per_day))


@dataclass(frozen=True, slots=True)
class Count:
    """How a subject stands after it asked; of a refusal, as if it had not asked."""

    is_allowed: bool
    debt_us: int
    yesterday: int
    today: int
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_degraded`: counted by this process alone, for the shared store does not serve."""

    rate: Rate
    price: int
    count: Count
    is_degraded: bool = False

    @property
    def is_allowed(self) -> bool:
        return self.count.is_allowed

    @property
    def tokens(self) -> int:
        return max(0, self.rate.burst - -(-self.count.debt_us // self.rate.token_us))

    @property
    def quota_left(self) -> int:
        return max(0, self.rate.per_day - self.count.today - _reached_into(self.count))

    @property
    def token_s(self) -> int:
        """When there is a token more than now; 0 when there are all."""
        if self.count.debt_us <= 0:
            return 0
        return _up((self.count.debt_us - 1) % self.rate.token_us + 1, _SECOND_US)

    @property
    def quota_s(self) -> int:
        """When there is one more of the quota than now; 0 when there is all of it."""
        if self.quota_left >= self.rate.per_day:
            return 0
        return _up(self._quota_wait_ms(self.quota_left + 1), 1000)

    @property
    def retry_after_s(self) -> int:
        """Asked again after so many seconds, and by nobody else meanwhile, it is allowed; a second
        sooner it is not. At least 1."""
        return max(1, _up(self._bucket_wait_us(), _SECOND_US), self._quota_wait_s())

    @property
    def is_out_of_quota(self) -> bool:
        """Whether it is the day's quota that refuses; else it is the bucket."""
        return self._quota_wait_s() > 0

    def _bucket_wait_us(self) -> int:
        full = self.rate.burst * self.rate.token_us
        return max(0, self.count.debt_us + self.price * self.rate.token_us - full)

    def _quota_wait_s(self) -> int:
        return _up(self._quota_wait_ms(self.price), 1000)

    def _quota_wait_ms(self, wanted: int) -> int:
        """Until `wanted` of the quota are left: while yesterday slides out, or today has become
        yesterday and does."""
        count, most = self.count, self.rate.per_day - wanted
        if count.today <= most:
            return max(0, _slid_out(count.yesterday, most - count.today) - count.elapsed_ms)
        return DAY_MS - count.elapsed_ms + _slid_out(count.today, most)


class LimitStore(Protocol):
    """Counts by subject: `tenant/acme`, `address/203.0.113.7`.

    Raises StoreUnavailableError.
    """

    async def take(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        """Takes the cost from bucket and quota, or nothing when either has less."""
        ...

    async def aclose(self) -> None: ...


def is_within(rate: Rate, price: int, count: Count) -> bool:
    """Whether that much may be taken from there."""
    fits_bucket = count.debt_us + price * rate.token_us <= rate.burst * rate.token_us
    left = (rate.per_day - count.today - price) * DAY_MS
    return fits_bucket and count.yesterday * (DAY_MS - count.elapsed_ms) <= left


def _reached_into(count: Count) -> int:
    return _up(count.yesterday * (DAY_MS - count.elapsed_ms), DAY_MS)


def _slid_out(counted: int, to: int) -> int:
    """How far into the day after it what was counted has fallen to `to`."""
    return 0 if counted <= to else DAY_MS - to * DAY_MS // counted


def _up(number: int, unit: int) -> int:
    return -(-number // unit)

"""What Retry-After promises, to the second, on a clock that the test moves."""

import random

import pytest

from storage.limits import DAY_MS, Count, Rate, Verdict, is_within
from storage.limits_memory import MemoryLimitStore

DAY_S = DAY_MS // 1000


class Clocked:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.store = MemoryLimitStore(clock=lambda: self.now)

    async def take(self, rate: Rate, cost: int = 1) -> Verdict:
        return await self.store.take("tenant/acme", rate, cost)


@pytest.mark.parametrize("seed", range(60))
async def test_a_refusal_is_over_at_the_second_it_named_and_not_before(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - numbers for a test
    rate = Rate(dice.choice((1, 7, 40, 100, 6000)), dice.randint(1, 50), dice.randint(1, 300))
    clocked = Clocked(dice.uniform(0, 3 * DAY_S))
    refused = None
    for _ in range(500):
        clocked.now += dice.choice((0.0, 0.001, 0.9, 60.0, 7000.0)) * dice.random()
        cost = dice.randint(1, 60)
        verdict = await clocked.take(rate, cost)
        if verdict.is_allowed:
            continue
        refused, began = verdict, clocked.now
        if refused.retry_after_s > 1:
            clocked.now = began + refused.retry_after_s - 1
            assert not (await clocked.take(rate, cost)).is_allowed, refused
        clocked.now = began + refused.retry_after_s
        assert (await clocked.take(rate, cost)).is_allowed, refused
    assert refused is not None, "the dice never reached a limit"


@pytest.mark.parametrize("seed", range(40))
async def test_what_is_said_to_be_left_is_what_can_be_taken(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - numbers for a test
    rate = Rate(dice.choice((1, 40, 6000)), dice.randint(1, 50), dice.randint(1, 80))
    clocked = Clocked(dice.uniform(0, 3 * DAY_S))
    for _ in range(dice.randint(1, 100)):
        clocked.now += dice.uniform(0, 2000)
        verdict = await clocked.take(rate, dice.randint(1, 10))
    left = min(verdict.tokens, verdict.quota_left)
    assert [(await clocked.take(rate)).is_allowed for _ in range(left + 1)] == [True] * left + [
        False
    ]


async def test_the_quota_slides_over_midnight() -> None:
    rate = Rate(per_minute=60_000, burst=1000, per_day=100)
    clocked = Clocked(DAY_S - 1.0)
    assert (await clocked.take(rate, 100)).is_allowed
    clocked.now = DAY_S + 1.0
    refused = await clocked.take(rate, 50)
    assert not refused.is_allowed, "midnight gives nobody a second quota"
    assert refused.retry_after_s == DAY_S // 2 - 1
    clocked.now = 3.0 * DAY_S
    assert (await clocked.take(rate, 100)).is_allowed


async def test_the_bucket_fills_at_its_rate_and_no_further() -> None:
    rate = Rate(per_minute=60, burst=10, per_day=1_000_000)
    clocked = Clocked()
    await clocked.take(rate, 10)
    clocked.now += 3.0
    assert (await clocked.take(rate)).tokens == 2
    clocked.now += 10_000.0
    assert (await clocked.take(rate)).tokens == 9


def test_what_tells_of_a_bucket_that_fills() -> None:
    rate = Rate(per_minute=40, burst=10, per_day=100)
    full = Verdict(rate, 1, Count(True, 0, 0, 0, 0))
    assert (full.tokens, full.token_s, full.quota_left, full.quota_s) == (10, 0, 100, 0)
    used = Verdict(rate, 1, Count(True, 2 * rate.token_us, 0, 40, DAY_MS // 2))
    assert (used.tokens, used.token_s, used.quota_left) == (8, 2, 60)
    assert DAY_S // 2 < used.quota_s < DAY_S, "today's counts leave tomorrow, one by one"


def test_numbers_stay_where_a_double_is_exact() -> None:
    """As the script in Redis counts with them: the largest settings, all of it used."""
    largest = 100_000_000
    assert largest * DAY_MS < 2**53
    assert not is_within(Rate(1, largest, largest), 1, Count(False, 0, largest, 1, 0))
    assert largest * Rate(1, 1, 1).token_us < 2**53


async def test_the_least_recent_is_forgotten_when_there_are_many() -> None:
    store, rate = MemoryLimitStore(), Rate(per_minute=1, burst=1, per_day=1)
    for number in range(20_001):
        assert (await store.take(f"address/{number}", rate)).is_allowed
    assert not (await store.take("address/20000", rate)).is_allowed
    assert (await store.take("address/0", rate)).is_allowed

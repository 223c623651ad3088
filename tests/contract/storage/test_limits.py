"""The contract of LimitStore: on a clock that the test moves, and on Redis with its own."""

import asyncio
import time

from storage.limits import LimitStore, Rate

WIDE = 100_000


async def allowed(limits: LimitStore, subject: str, rate: Rate, times: int, cost: int = 1) -> int:
    verdicts = await asyncio.gather(*(limits.take(subject, rate, cost) for _ in range(times)))
    return sum(verdict.is_allowed for verdict in verdicts)


async def test_exactly_a_hundred_of_two_hundred_at_once_pass_the_bucket(
    limits: LimitStore, subject: str
) -> None:
    assert await allowed(limits, subject, Rate(per_minute=1, burst=100, per_day=WIDE), 200) == 100


async def test_exactly_a_hundred_of_two_hundred_at_once_pass_the_quota(
    limits: LimitStore, subject: str
) -> None:
    assert (
        await allowed(limits, subject, Rate(per_minute=60_000, burst=500, per_day=100), 200) == 100
    )


async def test_what_is_refused_takes_nothing(limits: LimitStore, subject: str) -> None:
    rate = Rate(per_minute=1, burst=10, per_day=WIDE)
    assert await allowed(limits, subject, rate, 1, cost=8) == 1
    assert await allowed(limits, subject, rate, 5, cost=3) == 0
    assert await allowed(limits, subject, rate, 5) == 2


async def test_what_the_quota_refuses_leaves_the_bucket_as_it_was(
    limits: LimitStore, subject: str
) -> None:
    rate = Rate(per_minute=1, burst=10, per_day=4)
    assert await allowed(limits, subject, rate, 8) == 4
    verdict = await limits.take(subject, rate)
    assert (verdict.tokens, verdict.quota_left, verdict.is_out_of_quota) == (6, 0, True)


async def test_a_verdict_says_what_is_left(limits: LimitStore, subject: str) -> None:
    rate = Rate(per_minute=1, burst=10, per_day=20)
    first = await limits.take(subject, rate, 4)
    assert (first.is_allowed, first.tokens, first.quota_left) == (True, 6, 16)
    second = await limits.take(subject, rate, 7)
    assert (second.is_allowed, second.tokens, second.quota_left) == (False, 6, 16)
    assert 55 <= second.retry_after_s <= 60
    assert not second.is_out_of_quota
    assert not first.is_degraded


async def test_subjects_do_not_move_one_another(limits: LimitStore, subject: str) -> None:
    rate = Rate(per_minute=1, burst=3, per_day=WIDE)
    assert await allowed(limits, subject, rate, 50) == 3
    assert await allowed(limits, f"{subject}-other", rate, 50) == 3


async def test_what_costs_more_than_there_can_be_takes_all(
    limits: LimitStore, subject: str
) -> None:
    rate = Rate(per_minute=1, burst=3, per_day=WIDE)
    assert (await limits.take(subject, rate, 1000)).is_allowed
    assert not (await limits.take(subject, rate)).is_allowed


async def test_another_tier_counts_from_now_on(limits: LimitStore, subject: str) -> None:
    wide, narrow = Rate(1, 1000, WIDE), Rate(1, 10, WIDE)
    assert await allowed(limits, subject, wide, 1, cost=500) == 1
    verdict = await limits.take(subject, narrow)
    assert (verdict.is_allowed, verdict.tokens) == (False, 0)
    assert verdict.retry_after_s <= 60, "a bucket owes no more than it holds"


async def test_it_opens_at_the_second_that_was_said(limits: LimitStore, subject: str) -> None:
    rate = Rate(per_minute=40, burst=1, per_day=WIDE)  # a token takes 1.5 s
    await limits.take(subject, rate)
    refused = await limits.take(subject, rate)
    began = time.monotonic()
    assert (refused.is_allowed, refused.retry_after_s) == (False, 2)
    while not (await limits.take(subject, rate)).is_allowed:  # noqa: ASYNC110 - time is awaited
        await asyncio.sleep(0.02)
    assert 1.0 < time.monotonic() - began <= 2.0

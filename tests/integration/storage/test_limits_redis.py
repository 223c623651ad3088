"""Limits while Redis is killed, hangs, may not be written to, is full, or forgets everything."""

import asyncio
from collections.abc import AsyncIterator
from secrets import token_hex

import pytest
from redis.asyncio import Redis as Client

from storage.breaker import CircuitBreaker
from storage.limits import Rate, Verdict
from storage.limits_fallback import FallbackLimitStore
from storage.limits_redis import RedisLimitStore
from telemetry.metrics import Metrics
from tests.support.services.connections import RedisElsewhere
from tests.support.services.redis import Redis
from tests.support.within import within

pytestmark = pytest.mark.redis

TEN = Rate(per_minute=1, burst=10, per_day=100_000)
TIMEOUT_S = 0.25


class Limited:
    """As the API has them, with a clock of the breaker that the test moves."""

    def __init__(self, url: str) -> None:
        self.now, self.metrics = 0.0, Metrics()
        self.subject = f"tenant/{token_hex(4)}"
        breaker = CircuitBreaker("redis", pause_s=5, clock=lambda: self.now)
        self.shared = RedisLimitStore(url, timeout_s=TIMEOUT_S, breaker=breaker)
        self.store = FallbackLimitStore(self.shared, self.metrics)

    async def take(self, rate: Rate = TEN) -> Verdict:
        return await self.store.take(self.subject, rate)

    async def allowed(self, times: int) -> int:
        return sum([(await self.take()).is_allowed for _ in range(times)])

    @property
    def is_degraded(self) -> bool:
        return self.metrics.registry.get_sample_value("analyzer_limiter_degraded") == 1


@pytest.fixture
async def limited(redis_server: Redis | RedisElsewhere) -> AsyncIterator[Limited]:
    limited = Limited(redis_server.url)
    await limited.store.take("warm/up", TEN)
    yield limited
    await limited.store.aclose()


@pytest.fixture
async def client(redis_server: Redis | RedisElsewhere) -> AsyncIterator[Client]:
    client = Client.from_url(redis_server.url)
    yield client
    await client.aclose()


async def test_two_processes_share_a_limit(
    limited: Limited, redis_server: Redis | RedisElsewhere
) -> None:
    other = Limited(redis_server.url)
    other.subject = limited.subject
    assert await limited.allowed(6) + await other.allowed(6) == 10
    await other.store.aclose()


async def test_keys_are_of_the_subject_and_leave_by_themselves(
    limited: Limited, client: Client
) -> None:
    await limited.take()
    bucket, day = f"limit:{{{limited.subject}}}:bucket", f"limit:{{{limited.subject}}}:day"
    assert 0 < await client.pttl(bucket) <= 61_000
    assert 0 < await client.pttl(day) <= 2 * 86_400_000
    assert await client.keys(f"limit:*{limited.subject.partition('/')[2]}*") != []


async def test_the_moment_is_that_of_redis(
    limited: Limited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose clock jumps gains and loses nothing."""
    assert await limited.allowed(10) == 10
    for step in (86_400.0, -86_400.0):
        monkeypatch.setattr("time.time", lambda step=step: 1.8e9 + step)
        monkeypatch.setattr("time.time_ns", lambda step=step: int((1.8e9 + step) * 1e9))
        refused = await limited.take()
        assert not refused.is_allowed
        assert 1 <= refused.retry_after_s <= 60


async def test_a_redis_that_forgets_everything_gives_one_more_burst(
    limited: Limited, client: Client
) -> None:
    assert await limited.allowed(20) == 10
    await client.flushall()
    await client.script_flush()
    assert await limited.allowed(20) == 10
    assert not limited.is_degraded


@pytest.mark.parametrize(("days_ago", "allowed"), [(1, 0), (2, 100), (-1, 100)])
async def test_what_yesterday_had_reaches_into_today_and_no_other_day_does(
    limited: Limited, client: Client, days_ago: int, allowed: int
) -> None:
    """Yesterday had so much that all but a tenth of a second of it is too much."""
    today = (await client.time())[0] // 86_400
    key = f"limit:{{{limited.subject}}}:day"
    await client.hset(key, items=["day", today - days_ago, "today", 100_000_000, "yesterday", 0])
    rate = Rate(per_minute=60_000, burst=1000, per_day=100)
    verdicts = [await limited.take(rate) for _ in range(101)]
    assert sum(verdict.is_allowed for verdict in verdicts) == allowed
    assert verdicts[-1].is_out_of_quota
    assert verdicts[-1].quota_left == 0
    assert 1 <= verdicts[-1].retry_after_s <= 2 * 86_400


async def test_killed_then_started(limited: Limited, redis_to_break: Redis) -> None:
    assert await limited.allowed(10) == 10
    redis_to_break.kill()
    with within(2):
        assert await limited.allowed(20) == 10, "each process by itself"
    assert limited.is_degraded
    assert (await limited.take()).is_degraded
    redis_to_break.start()
    limited.now += 5
    assert not (await limited.take()).is_degraded
    assert not limited.is_degraded


async def test_one_that_hangs_costs_its_timeout_three_times_and_then_nothing(
    limited: Limited, redis_to_break: Redis
) -> None:
    redis_to_break.pause()
    for _ in range(3):
        with within(4 * TIMEOUT_S):
            assert (await limited.take()).is_degraded
    with within(TIMEOUT_S):
        for _ in range(100):
            await limited.take()
    limited.now += 5
    with within(TIMEOUT_S):  # one of the twenty finds out, in 50 ms
        await asyncio.gather(*(limited.take() for _ in range(20)))
    redis_to_break.resume()
    limited.now += 5
    assert not (await limited.take()).is_degraded


async def test_many_at_once_wait_for_one_that_hangs_no_longer_than_one(
    limited: Limited, redis_to_break: Redis
) -> None:
    redis_to_break.pause()
    with within(4 * TIMEOUT_S):
        verdicts = await asyncio.gather(*(limited.take() for _ in range(100)))
    assert sum(verdict.is_allowed for verdict in verdicts) == 10
    redis_to_break.resume()


async def test_one_that_may_not_be_written_to_is_gone(
    limited: Limited, redis_to_break: Redis, client: Client
) -> None:
    await client.replicaof("127.0.0.1", "1")
    try:
        with within(2):
            assert await limited.allowed(20) == 10
        assert limited.is_degraded
    finally:
        await client.replicaof("NO", "ONE")
    assert not (await limited.take()).is_degraded


async def test_one_that_is_full_is_gone(
    limited: Limited, redis_to_break: Redis, client: Client
) -> None:
    await client.config_set("maxmemory", "1")
    try:
        assert await limited.allowed(20) == 10
        assert limited.is_degraded
    finally:
        await client.config_set("maxmemory", "0")
    assert not (await limited.take()).is_degraded


async def test_a_key_that_somebody_else_wrote_is_counted_here(
    limited: Limited, client: Client
) -> None:
    await client.set(f"limit:{{{limited.subject}}}:day", "x")
    assert await limited.allowed(20) == 10
    await client.delete(f"limit:{{{limited.subject}}}:day")

"""Redis stopped, paused, full or full of rubbish: a miss, in bounded time, then healed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis as Client

from storage.breaker import CircuitBreaker
from storage.cache_redis import RedisResultCache
from storage.cached_analysis import to_cached
from storage.errors import StoreUnavailableError
from storage.ports import Analysis
from tests.contract.storage.examples import completed_analysis, failed_analysis, upload_request
from tests.support.services.connections import RedisElsewhere
from tests.support.services.redis import Redis
from tests.support.within import within

pytestmark = pytest.mark.redis


class Watched:
    """A cache, the operations that Redis failed it in, and a clock that the test moves."""

    def __init__(self, url: str) -> None:
        self.failures: list[str] = []
        self.now = 0.0
        self.cache = RedisResultCache(
            url,
            timeout_s=0.3,
            ttl_s=77,
            breaker=CircuitBreaker("redis", pause_s=5, clock=lambda: self.now),
            on_failure=self.failures.append,
        )

    async def get(self, analysis: Analysis) -> Analysis | None:
        return await self.cache.get(analysis.request.tenant_id, analysis.request.request_id)


def key_of(analysis: Analysis) -> str:
    return f"analysis:{analysis.request.tenant_id}:{analysis.request.request_id}"


@pytest.fixture
async def watched(redis_server: Redis | RedisElsewhere) -> AsyncIterator[Watched]:
    watched = Watched(redis_server.url)
    yield watched
    await watched.cache.aclose()


@pytest.fixture
async def client(redis_server: Redis | RedisElsewhere) -> AsyncIterator[Client]:
    client = Client.from_url(redis_server.url)
    yield client
    await client.aclose()


def poison() -> list[tuple[str, Any]]:
    mine, theirs = completed_analysis(), completed_analysis(upload_request("globex"))
    value = to_cached(mine) or b""
    pending = json.dumps(json.loads(value) | {"outcome": {}})
    older = json.dumps({"request_id": str(mine.request.request_id), "state": "completed"})
    return [
        ("cut short", value[:-10]),
        ("another tenant's", to_cached(theirs)),
        ("empty", b""),
        ("bytes", b"\xff\x00\xfe"),
        ("pending", pending),
        ("an older form", older),
    ]


@pytest.mark.parametrize(("kind", "value"), poison(), ids=[kind for kind, _ in poison()])
async def test_rubbish_is_a_miss_and_is_replaced(
    watched: Watched, client: Client, kind: str, value: bytes
) -> None:
    analysis = completed_analysis()
    await client.set(key_of(analysis), value)
    assert await watched.get(analysis) is None, kind
    assert (watched.cache.misses, watched.failures) == (1, [])
    await watched.cache.put([analysis])
    assert await watched.get(analysis) == analysis


async def test_a_value_of_another_type_is_a_miss_and_no_failure(
    watched: Watched, client: Client
) -> None:
    analysis = completed_analysis()
    await client.rpush(key_of(analysis), "x")
    for _ in range(5):
        assert await watched.get(analysis) is None
    assert (watched.cache.misses, watched.failures) == (5, [])
    await watched.cache.put([analysis])
    assert await watched.get(analysis) == analysis


async def test_values_leave_by_themselves(watched: Watched, client: Client) -> None:
    result, failure = completed_analysis(), failed_analysis()
    await watched.cache.put([result, failure])
    for analysis in (result, failure):
        assert 70 <= await client.ttl(key_of(analysis)) <= 77


async def test_a_hundred_at_once(watched: Watched) -> None:
    analyses = [completed_analysis() for _ in range(100)]
    await watched.cache.put(analyses)
    assert await asyncio.gather(*map(watched.get, analyses)) == analyses


async def test_stopped_then_started(watched: Watched, redis_to_break: Redis) -> None:
    analysis = completed_analysis()
    await watched.cache.put([analysis])
    redis_to_break.kill()
    with within(2):
        assert await watched.get(analysis) is None
        await watched.cache.put([analysis])
        assert await watched.get(analysis) is None
    assert watched.failures == ["get", "put", "get"]
    redis_to_break.start()
    assert await watched.get(analysis) is None, "it is left alone for a while"
    assert len(watched.failures) == 3
    watched.now += 5
    await watched.cache.put([analysis])
    assert await watched.get(analysis) == analysis
    await watched.cache.check()


async def test_paused_costs_its_timeout_three_times_and_then_nothing(
    watched: Watched, redis_to_break: Redis
) -> None:
    analysis = completed_analysis()
    await watched.cache.put([analysis])
    redis_to_break.pause()
    for _ in range(3):
        with within(1):
            assert await watched.get(analysis) is None
    with within(0.25):
        for _ in range(50):
            assert await watched.get(analysis) is None
    with within(1), pytest.raises(StoreUnavailableError) as caught:
        await watched.cache.check()
    assert caught.value.dependency == "redis"
    redis_to_break.resume()
    watched.now += 5
    assert await watched.get(analysis) == analysis


async def test_finding_out_costs_one_caller_50_ms(watched: Watched, redis_to_break: Redis) -> None:
    analysis = completed_analysis()
    redis_to_break.pause()
    await asyncio.gather(*(watched.get(analysis) for _ in range(3)))
    for asked in (4, 5):
        watched.now += 5
        with within(0.25):
            assert await asyncio.gather(*(watched.get(analysis) for _ in range(20))) == [None] * 20
        assert len(watched.failures) == asked, "one of the twenty has asked"


async def test_a_check_that_succeeds_ends_the_pause(
    watched: Watched, redis_to_break: Redis
) -> None:
    analysis = completed_analysis()
    redis_to_break.kill()
    for _ in range(3):
        await watched.get(analysis)
    redis_to_break.start()
    await watched.cache.put([analysis])
    assert await watched.get(analysis) is None, "it is left alone for a while"
    await watched.cache.check()
    await watched.cache.put([analysis])
    assert await watched.get(analysis) == analysis


async def test_a_server_that_may_not_be_written_to_keeps_answering(
    watched: Watched, redis_to_break: Redis
) -> None:
    kept = completed_analysis()
    await watched.cache.put([kept])
    client = Client.from_url(redis_to_break.url)
    await client.replicaof("127.0.0.1", "1")
    try:
        for _ in range(4):
            await watched.cache.put([completed_analysis()])
        assert watched.failures == ["put"] * 4
        assert await watched.get(kept) == kept
    finally:
        await client.replicaof("NO", "ONE")
        await client.aclose()


async def test_a_server_that_is_full_keeps_answering_what_it_has(
    watched: Watched, redis_to_break: Redis
) -> None:
    kept, refused = completed_analysis(), completed_analysis()
    await watched.cache.put([kept])
    client = Client.from_url(redis_to_break.url)
    await client.config_set("maxmemory", "1")
    try:
        for _ in range(4):
            await watched.cache.put([refused])
        assert watched.failures == ["put"] * 4
        assert await watched.get(kept) == kept
        assert await watched.get(refused) is None
    finally:
        await client.config_set("maxmemory", "0")
        await client.aclose()


@pytest.mark.parametrize("login", ["", ":wrong@"])
async def test_a_wrong_password_is_a_miss(redis_server: Redis | RedisElsewhere, login: str) -> None:
    url = f"redis://{login}{redis_server.url.rpartition('@')[2]}"
    watched = Watched(url)
    for _ in range(5):
        assert await watched.cache.get("acme", uuid4()) is None
    assert watched.failures == ["get"] * 3
    with pytest.raises(StoreUnavailableError) as caught:
        await watched.cache.check()
    assert "wrong@" not in str(caught.value)
    await watched.cache.aclose()

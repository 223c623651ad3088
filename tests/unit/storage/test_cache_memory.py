"""The cache in memory is bounded, in number and in time."""

from storage.cache_memory import MemoryResultCache
from storage.ports import Analysis
from tests.contract.storage.examples import completed_analysis, failed_analysis


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def is_there(cache: MemoryResultCache, analysis: Analysis) -> bool:
    request = analysis.request
    return await cache.get(request.tenant_id, request.request_id) == analysis


async def test_the_least_recently_used_leaves_first() -> None:
    cache = MemoryResultCache(max_entries=2)
    one, two, three = (completed_analysis() for _ in range(3))
    await cache.put([one, two])
    assert await is_there(cache, one)
    await cache.put([three])
    assert [await is_there(cache, each) for each in (one, two, three)] == [True, False, True]


async def test_what_is_too_old_is_a_miss() -> None:
    clock = Clock()
    cache = MemoryResultCache(ttl_s=10, clock=clock)
    analysis = completed_analysis()
    await cache.put([analysis])
    clock.now += 9.9
    assert await is_there(cache, analysis)
    clock.now += 0.1
    assert not await is_there(cache, analysis)


async def test_a_failure_replaces_what_is_too_old() -> None:
    clock = Clock()
    cache = MemoryResultCache(ttl_s=10, clock=clock)
    result = completed_analysis()
    failure = failed_analysis(result.request)
    await cache.put([result])
    clock.now += 10
    await cache.put([failure])
    assert await is_there(cache, failure)


async def test_closing_forgets() -> None:
    cache = MemoryResultCache()
    analysis = completed_analysis()
    await cache.put([analysis])
    await cache.aclose()
    assert not await is_there(cache, analysis)

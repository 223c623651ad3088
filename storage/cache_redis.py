"""Terminal analyses in Redis, shared by every process; whatever goes wrong with it is a miss."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from redis.asyncio.client import Pipeline

from storage.breaker import CircuitBreaker
from storage.cached_analysis import from_cached, to_cached
from storage.errors import StorageError, StoreUnavailableError
from storage.ports import Analysis, Completed
from storage.redis_connection import PROBE_S, make_redis_client, redis_errors_translated
from telemetry.timing import Timing, untimed

T = TypeVar("T")


class RedisResultCache:
    """A ResultCache. No call waits longer than `timeout_s` or raises (but `check`). While the
    breaker is open Redis is not asked, and whoever finds out whether it serves again gives it
    50 ms. A failed analysis never replaces what is there, a result always does.

    `misses` counts what was asked for and not found, for whatever reason; `on_failure` is called
    with the name of the operation whenever Redis was at fault.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 0.25,
        ttl_s: int = 3600,
        breaker: CircuitBreaker | None = None,
        on_failure: Callable[[str], None] = lambda _: None,
        timing: Timing = untimed,
    ) -> None:
        self._timing = timing
        self._timeout_s = timeout_s
        self._ttl_s = ttl_s
        self._breaker = breaker or CircuitBreaker("redis", pause_s=5)
        self._on_failure = on_failure
        self._redis = make_redis_client(url, timeout_s)
        self.misses = 0

    async def get(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        value = await self._ask("get", lambda: self._redis.get(_key(tenant_id, request_id)))
        found = from_cached(value, tenant_id, request_id) if isinstance(value, bytes) else None
        self.misses += found is None
        return found

    async def put(self, analyses: Sequence[Analysis]) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for analysis in analyses:
                self._add(pipeline, analysis)
            if len(pipeline):
                await self._ask("put", pipeline.execute)

    async def check(self) -> None:
        with self._breaker.checking(), redis_errors_translated():
            async with asyncio.timeout(self._timeout_s):
                await self._redis.ping()

    async def aclose(self) -> None:
        await self._redis.aclose()

    def _add(self, pipeline: Pipeline, analysis: Analysis) -> None:
        value = to_cached(analysis)
        if value is None:
            return
        key = _key(analysis.request.tenant_id, analysis.request.request_id)
        is_result = isinstance(analysis.outcome, Completed)
        pipeline.set(key, value, ex=self._ttl_s, nx=not is_result)

    async def _ask(self, operation: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        with (
            suppress(StorageError),
            self._timing(f"cache_{operation}"),
            self._breaker.asking() as is_probe,
        ):
            try:
                with redis_errors_translated():
                    async with asyncio.timeout(PROBE_S if is_probe else self._timeout_s):
                        return await ask()
            except StoreUnavailableError:
                self._on_failure(operation)
                raise
        return None


def _key(tenant_id: str, request_id: UUID) -> str:
    return f"analysis:{tenant_id}:{request_id}"

"""Terminal analyses in Redis, shared by every process; whatever goes wrong with it is a miss."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar
from uuid import UUID

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from storage.breaker import CircuitBreaker
from storage.cached_analysis import from_cached, to_cached
from storage.errors import NotFoundError, StorageError, StoreRefusesError, StoreUnavailableError
from storage.ports import Analysis, Completed

T = TypeVar("T")

_CONNECTIONS = 16
_PROBE_S = 0.05


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
    ) -> None:
        self._timeout_s = timeout_s
        self._ttl_s = ttl_s
        self._breaker = breaker or CircuitBreaker("redis", pause_s=5)
        self._on_failure = on_failure
        self._redis = _client(url, timeout_s)
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
        with self._breaker.checking(), _translated():
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
        with suppress(StorageError), self._breaker.asking() as is_probe:
            try:
                with _translated():
                    async with asyncio.timeout(_PROBE_S if is_probe else self._timeout_s):
                        return await ask()
            except StoreUnavailableError:
                self._on_failure(operation)
                raise
        return None


def _client(url: str, timeout_s: float) -> Redis:
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # plain commands from the first byte: no greeting to wait for
        driver_info=None,
    )
    return Redis.from_pool(pool)


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the driver leave as storage errors; a server that answers with one serves."""
    try:
        yield
    except ResponseError as error:
        if str(error).startswith("WRONGTYPE"):  # somebody else wrote under our key
            raise NotFoundError(_reason(error)) from error
        raise StoreRefusesError("redis", _reason(error)) from error
    except (RedisError, OSError) as error:
        raise StoreUnavailableError("redis", _reason(error)) from error


def _key(tenant_id: str, request_id: UUID) -> str:
    return f"analysis:{tenant_id}:{request_id}"


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__

"""Tries of passwords in Redis, counted once for all processes, by its clock."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files

from redis.commands.core import AsyncScript

from storage.breaker import CircuitBreaker
from storage.errors import StoreRefusesError
from storage.login_attempts import COUNTED_MS, KNOWN_MS, Attempt, Patience
from storage.redis_connection import PROBE_S, make_redis_client, redis_errors_translated


class RedisAttemptStore:
    """An AttemptStore. No call waits longer than `timeout_s`; while the breaker is open all fail at
    once. A Redis that lost its memory knows of no try, and of no origin."""

    def __init__(
        self, url: str, *, timeout_s: float = 0.25, breaker: CircuitBreaker | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._breaker = breaker or CircuitBreaker("redis", pause_s=5)
        self._redis = make_redis_client(url, timeout_s)
        text = files("storage").joinpath("take_attempt.lua").read_text(encoding="utf-8")
        self._take: AsyncScript = self._redis.register_script(text)

    async def begin(self, attempt: Attempt, patience: Patience) -> int:
        arguments = [patience.free, 1000 * patience.longest_s, COUNTED_MS]
        answer = await self._ask(lambda: self._take(keys=_keys(attempt), args=arguments))
        if not isinstance(answer, int):
            raise StoreRefusesError("redis", "the script for attempts answered something else")
        return answer

    async def succeed(self, attempt: Attempt) -> None:
        from_there, _, known = _keys(attempt)
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.delete(from_there)
        pipeline.set(known, "1", px=KNOWN_MS)
        await self._ask(pipeline.execute)

    async def aclose(self) -> None:
        await self._redis.aclose()

    async def _ask(self, asking: Callable[[], Awaitable[object]]) -> object:
        """Raises StoreUnavailableError."""
        with self._breaker.asking() as is_probe, redis_errors_translated():
            async with asyncio.timeout(PROBE_S if is_probe else self._timeout_s):
                return await asking()


def _keys(attempt: Attempt) -> list[str]:
    # Braces: all keys of an account lie on one node of a cluster.
    head = f"login:{{{attempt.account}}}"
    return [f"{head}:from:{attempt.origin}", f"{head}:unknown", f"{head}:known:{attempt.origin}"]

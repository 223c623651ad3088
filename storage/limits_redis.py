"""Limits in Redis, counted once for all processes: one script, one round trip, its clock."""

import asyncio
from importlib.resources import files

from redis.commands.core import AsyncScript

from storage.breaker import CircuitBreaker
from storage.errors import StoreRefusesError
from storage.limits import Count, Rate, Verdict
from storage.redis_connection import PROBE_S, make_redis_client, redis_errors_translated
from telemetry.timing import Timing, untimed


class RedisLimitStore:
    """A LimitStore. No call waits longer than `timeout_s`; while the breaker is open all fail at
    once. Keys leave by themselves: a bucket when it is full again, a quota after two days.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 0.25,
        breaker: CircuitBreaker | None = None,
        timing: Timing = untimed,
    ) -> None:
        self._timing = timing
        self._timeout_s = timeout_s
        self._breaker = breaker or CircuitBreaker("redis", pause_s=5)
        self._redis = make_redis_client(url, timeout_s)
        text = files("storage").joinpath("take_limit.lua").read_text(encoding="utf-8")
        self._take: AsyncScript = self._redis.register_script(text)

    async def take(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        price = rate.price(cost)
        # Braces: both keys of a subject lie on one node of a cluster.
        keys = [f"limit:{{{subject}}}:bucket", f"limit:{{{subject}}}:day"]
        answer = await self._ask(keys, [rate.token_us, rate.burst, rate.per_day, price])
        return Verdict(rate, price, _to_count(answer))

    async def aclose(self) -> None:
        await self._redis.aclose()

    async def _ask(self, keys: list[str], arguments: list[int]) -> object:
        """Raises StoreUnavailableError."""
        with (
            self._timing("take_limit"),
            self._breaker.asking() as is_probe,
            redis_errors_translated(),
        ):
            async with asyncio.timeout(PROBE_S if is_probe else self._timeout_s):
                return await self._take(keys=keys, args=arguments)


def _to_count(answer: object) -> Count:
    """Raises StoreRefusesError for an answer that is not the script's."""
    if not (isinstance(answer, list) and len(answer) == 5):
        raise StoreRefusesError("redis", "the script for limits answered something else")
    allowed, debt_us, yesterday, today, elapsed_ms = map(int, answer)
    return Count(bool(allowed), debt_us, yesterday, today, elapsed_ms)

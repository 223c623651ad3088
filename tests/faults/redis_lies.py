"""The cache holds what it should not: F15."""

import random
import time
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from tests.faults.fault import Fault
from tests.faults.ledger import Operation
from tests.faults.redis import nobody_notices
from tests.faults.scene import Scene

_ROUNDS = 10
_READ_EACH_ROUND = 12

Lie = Callable[[Redis, bytes, bytes], Awaitable[None]]


async def _truncated(redis: Redis, key: bytes, other: bytes) -> None:
    del other
    value = await redis.get(key)
    await redis.set(key, (value or b"")[: len(value or b"") // 2])


async def _wrong_type(redis: Redis, key: bytes, other: bytes) -> None:
    del other
    await redis.delete(key)
    await redis.rpush(key, "not", "a", "string")


async def _of_another(redis: Redis, key: bytes, other: bytes) -> None:
    await redis.set(key, await redis.get(other) or b"")


async def _old_schema(redis: Redis, key: bytes, other: bytes) -> None:
    del other
    await redis.set(key, b'{"version": 0, "result": {"objects": []}}')


_LIES: tuple[Lie, ...] = (_truncated, _wrong_type, _of_another, _old_schema)


async def _wrong(scene: Scene) -> None:
    began, chance = time.time(), random.Random(scene.seed)  # noqa: S311 - to repeat a run
    spoilt = 0
    async with Redis.from_url(scene.rig.redis.url) as redis:
        for _ in range(_ROUNDS):
            operations = chance.sample(scene.ledger.with_outcome("ok"), _READ_EACH_ROUND)
            for operation in operations:
                await _read(scene, operation)
            other, *whole = await _whole_values(redis)
            for key in chance.sample(whole, min(40, len(whole))):
                await chance.choice(_LIES)(redis, key, other)
                spoilt += 1
            for operation in operations:
                await _read(scene, operation)
            await scene.hold(0.5)
    scene.require(spoilt > _ROUNDS, f"only {spoilt} values were there to be spoilt")
    nobody_notices(scene, began)


async def _whole_values(redis: Redis) -> list[bytes]:
    """The keys of all values that are texts."""
    found = sorted([key async for key in redis.scan_iter(match="*", count=500)])
    return [key for key in found if await redis.type(key) == b"string"]


async def _read(scene: Scene, operation: Operation) -> None:
    """A result of another picture, or any error, is noted by the client as a wrong answer."""
    (client,) = (one for one in scene.clients if one.tenant == operation.first.tenant)
    request_id = next(iter(operation.ids))
    await client.read(operation.first.op_id, request_id, is_ours=True)


FAULTS = (
    Fault(
        "F15", "Redis holds truncated, wrong, foreign and old values",
        "each is a miss: never served, never an error", _wrong,
    ),
)  # fmt: skip

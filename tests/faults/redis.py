"""The cache is gone, slow, unwilling, and empty: F13, F14, F16 and F17."""

import asyncio
import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import psycopg
from redis.asyncio import Redis

from tests.faults.evidence import Allowance
from tests.faults.fault import Act, Fault
from tests.faults.scene import Scene

_REDIS = Allowance(shows=frozenset({"redis"}))
_OPEN_AFTER_S = 5.0
_ADDED_MS = 50.0
_REVOKED_WITHIN_S = 60.0
_READ_METRIC = re.compile(
    r'^http_server_request_duration_seconds_(sum|count)\{http_request_method="GET",'
    r'http_response_status_code="\d+",http_route="/api/v1/analyses/\{request_id\}"\} (\S+)$',
    re.MULTILINE,
)


def gone(down_s: float) -> Act:
    async def act(scene: Scene) -> None:
        began = time.time()
        await scene.do(scene.rig.redis.kill)
        await scene.hold(down_s)
        nobody_notices(scene, began)
        await scene.do(scene.rig.redis.start)

    return act


async def _slow_and_hanging(scene: Scene) -> None:
    """Once the breaker is open nobody waits for it any more."""
    began = time.time()
    before = (await _reads(scene)).mean_ms
    with scene.rig.links.redis.slow(latency_ms=2000):
        await _adds_little(scene, before)
    with scene.rig.links.redis.dumb():
        await _adds_little(scene, before)
    nobody_notices(scene, began)


async def _unwilling(scene: Scene) -> None:
    """Full and not evicting; a replica that takes no writes; a password that is not ours."""
    began = time.time()
    url = scene.rig.redis.url
    async with Redis.from_url(url) as redis:
        await redis.config_set("maxmemory-policy", "noeviction")
        await redis.config_set("maxmemory", "1")
        await scene.hold(6.0)
        await redis.config_set("maxmemory", "0")
        await redis.slaveof("127.0.0.1", 1)
        await scene.hold(6.0)
        await redis.slaveof()
        await redis.config_set("requirepass", "another")
        try:
            await redis.client_kill_filter(_type="normal", skipme=True)
            await scene.hold(8.0)
        finally:
            await redis.config_set("requirepass", urlsplit(url).password or "")
    nobody_notices(scene, began)


async def _emptied(scene: Scene) -> None:
    """What is in a cache may be forgotten, but nobody gets in again by that."""
    tenant = scene.tenants[0]
    key = await scene.do(lambda: scene.rig.new_key(tenant))
    scene.require(await _status_with(scene, key) == 404, "a new key does not work")
    await scene.do(lambda: _revoke(scene.rig.postgres.dsn, key))
    async with Redis.from_url(scene.rig.redis.url) as redis:
        await redis.flushall()
    await _until_refused(scene, key)
    for _ in range(5):
        async with Redis.from_url(scene.rig.redis.url) as redis:
            await redis.flushall()
        status = await _status_with(scene, key)
        scene.require(status == 401, f"a revoked key is answered {status}")


async def _until_refused(scene: Scene, key: str) -> None:
    deadline = time.monotonic() + _REVOKED_WITHIN_S
    while time.monotonic() < deadline:
        if await _status_with(scene, key) == 401:
            return
        await asyncio.sleep(1.0)


def nobody_notices(scene: Scene, since: float) -> None:
    """Nothing that depends on the cache depends on it for being right."""
    statuses = scene.attempts(since=since)
    errors = [status for status in statuses if status not in {200, 202}]
    scene.require(statuses, "nothing was asked meanwhile")
    scene.require(not errors, f"{len(errors)} of {len(statuses)} posts had errors: {errors[:5]}")
    scene.require(not scene.readers.unanswered, f"{scene.readers.unanswered} reads failed")


async def _adds_little(scene: Scene, before_ms: float) -> None:
    await scene.hold(_OPEN_AFTER_S)
    opened = await _reads(scene)
    await scene.hold(7.0)
    after_ms = (await _reads(scene)).since(opened).mean_ms
    scene.require(
        after_ms < before_ms + _ADDED_MS, f"reads take {after_ms:.0f} ms, before {before_ms:.0f}"
    )


@dataclass(frozen=True, slots=True)
class _Reads:
    """Of analyses, as the API counts them itself: a client on a small machine waits for itself."""

    seconds: float
    count: float

    def since(self, earlier: "_Reads") -> "_Reads":
        return _Reads(self.seconds - earlier.seconds, self.count - earlier.count)

    @property
    def mean_ms(self) -> float:
        return 1000 * self.seconds / max(1.0, self.count)


async def _reads(scene: Scene) -> _Reads:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        text = (await client.get(f"{scene.rig.base_url}/metrics")).text
    found = _READ_METRIC.findall(text)
    seconds, count = (
        sum(float(value) for name, value in found if name == of) for of in ("sum", "count")
    )
    return _Reads(seconds, count)


async def _status_with(scene: Scene, key: str) -> int:
    url = f"{scene.rig.base_url}/api/v1/analyses/00000000-0000-7000-8000-000000000000"
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return (await client.get(url, headers={"Authorization": f"Bearer {key}"})).status_code


def _revoke(dsn: str, key: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "UPDATE api_keys SET revoked_at = now() WHERE key_hash = sha256(%s::text::bytea)",
            (key,),
        )


FAULTS = (
    Fault(
        "F13", "Redis killed", "everything is served from the record; nobody gets an error",
        gone(15.0), _REDIS,
    ),
    Fault(
        "F14", "Redis slow by 2 s, then hanging",
        "the breaker opens; after that reads take at most 50 ms longer", _slow_and_hanging, _REDIS,
    ),
    Fault(
        "F16", "Redis full, a replica, and of another password",
        "as without it: nobody gets an error", _unwilling,
    ),
    Fault("F17", "Redis emptied", "a revoked key stays refused", _emptied),
)  # fmt: skip

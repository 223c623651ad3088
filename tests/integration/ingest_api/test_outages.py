"""Postgres, bucket and Redis gone: what the API still does, and how soon everybody can see it."""

import asyncio
import time
from uuid import UUID, uuid4

import httpx
import pytest
from redis.asyncio import Redis as Client

from storage.cached_analysis import to_cached
from storage.ports import Analysis
from tests.contract.storage.examples import analyzed, completed_analysis, upload_request
from tests.integration.ingest_api.real_stores import RealStores
from tests.support.eventually import eventually
from tests.support.services.postgres import Postgres
from tests.support.services.redis import Redis
from tests.support.services.s3 import S3
from tests.support.within import within
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3]

STORES = ("postgres", "bucket", "redis")


async def upload(api: RealStores) -> httpx.Response:
    return await api.client.post("/api/v1/analyze/upload", files={"image": picture()})


async def submit_url(api: RealStores) -> httpx.Response:
    return await api.client.post("/api/v1/analyze/url", json={"image_url": "http://example.com/"})


async def look_up(api: RealStores, request_id: UUID, *, key: str = "acme") -> httpx.Response:
    path = f"/api/v1/analyses/{request_id}"
    return await api.client.get(path, headers={"Authorization": f"Bearer {key}"})


async def until_ready(api: RealStores) -> None:
    deadline = time.monotonic() + 30
    while (found := await api.ready()) != (200, "ready", []):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)


async def recorded(api: RealStores) -> Analysis:
    """An analysis that the database knows, and the cache does not."""
    request = upload_request()
    await api.parts.analyses.accept(request)
    await api.parts.analyses.record([analyzed(request)])
    found = await api.parts.analyses.find("acme", request.request_id)
    assert found is not None
    return found


def refused(answer: httpx.Response, dependency: str) -> None:
    assert dependency in problem_of(answer, 503, "dependency_unavailable")["detail"]
    assert int(answer.headers["retry-after"]) > 0


async def test_all_of_them_gone_shows_unasked_within_10_s_and_not_30_s_after_healing(
    api: RealStores, postgres_to_break: Postgres, redis_to_break: Redis, s3_to_break: S3
) -> None:
    def shown() -> list[float | None]:
        return [api.metric("dependency_up", dependency=name) for name in STORES]

    assert await api.ready() == (200, "ready", [])
    assert shown() == [1, 1, 1]
    postgres_to_break.pause()
    redis_to_break.pause()
    s3_to_break.pause()
    await eventually(lambda: shown() == [0, 0, 0], within_s=10)
    assert await api.ready() == (503, "unavailable", ["bucket", "postgres", "redis"])
    assert (await api.client.get("/health")).status_code == 200

    for server in (postgres_to_break, redis_to_break, s3_to_break):
        server.resume()
    await eventually(lambda: shown() == [1, 1, 1], within_s=30)
    assert await api.ready() == (200, "ready", [])
    assert (await upload(api)).status_code == 202


async def test_without_postgres_only_what_is_remembered_is_answered(
    api: RealStores, postgres_to_break: Postgres
) -> None:
    cached = completed_analysis()
    await api.parts.cache.put([cached])
    assert (await look_up(api, uuid4())).status_code == 404
    postgres_to_break.kill()
    answers = await asyncio.gather(upload(api), submit_url(api), look_up(api, uuid4()))
    for answer in answers:
        refused(answer, "postgres")
    assert api.metric("breaker_state", dependency="postgres") == 2
    for answer in (
        await upload(api),
        await look_up(api, uuid4()),
        await look_up(api, cached.request.request_id, key="globex"),
    ):
        refused(answer, "postgres")
    known = await look_up(api, cached.request.request_id)
    assert (known.status_code, known.json()["state"]) == (200, "completed")
    assert await api.ready() == (503, "unavailable", ["postgres"])

    postgres_to_break.start()
    await until_ready(api)
    assert api.metric("breaker_state", dependency="postgres") == 0
    assert (await upload(api)).status_code == 202


async def test_a_dead_postgres_is_not_waited_for_again_and_again(
    api: RealStores, postgres_to_break: Postgres
) -> None:
    assert (await look_up(api, uuid4())).status_code == 404
    postgres_to_break.kill()
    await asyncio.gather(*(look_up(api, uuid4()) for _ in range(3)))
    with within(1.5):
        answers = await asyncio.gather(*(look_up(api, uuid4()) for _ in range(100)))
    for answer in answers:
        refused(answer, "postgres")
    assert api.metric("breaker_opened_total", dependency="postgres") == 1


async def test_without_the_bucket_pictures_are_refused_and_addresses_accepted(
    api: RealStores, s3_to_break: S3
) -> None:
    s3_to_break.kill()
    for _ in range(4):
        refused(await upload(api), "bucket")
    assert await api.parts.analyses.count_unfinished(10) == 0
    assert (await submit_url(api)).status_code == 202
    assert await api.ready() == (503, "unavailable", ["bucket"])
    assert api.metric("breaker_state", dependency="bucket") == 2


async def test_without_redis_results_come_from_the_record_and_nobody_waits(
    api: RealStores, redis_to_break: Redis
) -> None:
    known = await recorded(api)
    redis_to_break.pause()
    for _ in range(3):
        assert (await look_up(api, known.request.request_id)).json()["state"] == "completed"
    assert api.metric("breaker_state", dependency="redis") == 2
    with within(20 * 0.05):
        for _ in range(20):
            assert (await look_up(api, known.request.request_id)).status_code == 200
    failures = [api.metric("cache_failures_total", operation=name) for name in ("get", "put")]
    assert failures == [1, 1], "the limits asked first, and nobody has asked since"
    assert await api.ready() == (200, "degraded", ["redis"])


async def test_what_another_tenant_left_in_redis_is_never_served(
    api: RealStores, redis_server: Redis
) -> None:
    known, foreign = await recorded(api), completed_analysis(upload_request("globex"))
    key = f"analysis:acme:{known.request.request_id}"
    client = Client.from_url(redis_server.url)
    for rubbish in (to_cached(foreign) or b"", b"\xff", b"{}"):
        await client.set(key, rubbish)
        answer = await look_up(api, known.request.request_id)
        assert answer.json()["request_id"] == str(known.request.request_id)
        assert answer.json()["state"] == "completed"
    await client.aclose()

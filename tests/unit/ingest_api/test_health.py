"""/health, /ready and /metrics."""

import asyncio
import time

import httpx
import pytest

from ingest_api.health import Health
from telemetry.dependencies import Dependency, DependencyWatch
from telemetry.metrics import Metrics
from tests.support.within import crowd
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi

UPLOAD = "/api/v1/analyze/upload"


async def test_alive_whatever_is_gone(api: TwinApi, client: httpx.AsyncClient) -> None:
    api.postgres.is_down = True
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_ready_names_every_dependency(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ready"
    assert set(body["dependencies"]) == {"postgres", "bucket", "kafka", "redis"}
    for report in body["dependencies"].values():
        assert report["status"] == "up"
        assert report["latency_ms"] >= 0
        assert report["meaning"].startswith("without it")


@pytest.mark.parametrize(
    ("gone", "status", "summary"),
    [
        ("postgres", 503, "unavailable"),
        ("bucket", 503, "unavailable"),
        ("redis", 200, "degraded"),
        ("kafka", 200, "degraded"),
    ],
)
async def test_what_is_gone_decides(
    api: TwinApi, client: httpx.AsyncClient, gone: str, status: int, summary: str
) -> None:
    assert api.tail is not None
    switches = {
        "postgres": api.postgres,
        "bucket": api.images.switch,
        "redis": api.cache.switch,
    }
    if gone == "kafka":
        await api.tail.aclose()
    else:
        switches[gone].is_down = True
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (status, summary)
    reports = answer.json()["dependencies"]
    assert [name for name, report in reports.items() if report["status"] == "down"] == [gone]


async def test_a_log_that_takes_no_announcement_is_down(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.log.is_down = True
    await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    body = (await client.get("/ready")).json()
    assert body["dependencies"]["kafka"]["status"] == "down"


async def test_checks_run_at_once_are_bounded_and_their_answer_is_kept() -> None:
    asked = 0

    async def hangs() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(60)

    slow = {name: Dependency(hangs, "without it: slower") for name in "abc"}
    metrics = Metrics()
    health = Health(DependencyWatch(slow, metrics), metrics, essential=())
    started = time.monotonic()
    answers = await asyncio.gather(health.ready(), health.ready())
    assert time.monotonic() - started < 3.5 * crowd()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert asked == 3


async def test_metrics_tell_routes_and_no_ids(api: TwinApi, client: httpx.AsyncClient) -> None:
    await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    path = f"/api/v1/analyses/{api.analyses.requests[0].request_id}"
    await client.get(path)
    await client.get("/nowhere/at/all")
    text = (await client.get("/metrics")).text
    assert 'analyzer_requests_accepted_total{door="upload"} 1.0' in text
    assert 'status_code="200",http_route="/api/v1/analyses/{request_id}"' in text
    assert 'status_code="202",http_route="/api/v1/analyze/upload"' in text
    assert 'status_code="404",http_route="unmatched"' in text
    assert "analyzer_tail_connected 1.0" in text
    for secret in (path.rpartition("/")[2], "nowhere", "acme"):
        assert secret not in text

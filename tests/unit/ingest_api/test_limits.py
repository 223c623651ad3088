"""What a tenant may ask for, counted before the body is read, whatever the request looks like."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from ingest_api.limit_asks import MINTING
from ingest_api.limit_settings import FreeTier, Limits, PremiumTier, StandardTier
from ingest_api.policies import POLICIES
from ingest_api.settings import ApiSettings
from schemas.roles import Role
from storage.audit_events import Action, AuditQuery
from storage.ports import ApiKey
from tests.support.eventually import eventually
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.stream_client import StreamClient
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet

UNKNOWN = "/api/v1/analyses/x"
EVENTS = "/api/v1/events"
UPLOAD = "/api/v1/analyze/upload"
ADMIN = ApiKey("key-admin", "acme", Role.ADMIN)


@pytest.fixture
def limits() -> Limits:
    """Ten at once, then one in six seconds, on a clock that stands still."""
    return Limits(
        free=FreeTier(per_minute=1, burst=1, per_day=5, concurrent=1, streams=1),
        standard=StandardTier(per_minute=10, burst=10, per_day=1000, concurrent=2, streams=5),
        premium=PremiumTier(per_minute=1, burst=100, per_day=1000, concurrent=500),
    )


@pytest.fixture
async def premium(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    key = ApiKey("key-rich", "rich", tier="premium")
    async with await api.let_in("rich-key", key) as client:
        yield client


async def spend(client: httpx.AsyncClient, times: int = 10) -> None:
    for _ in range(times):
        assert (await client.get(UNKNOWN)).status_code == 404


async def test_exactly_a_hundred_of_two_hundred_at_once_pass(premium: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(premium.get(UNKNOWN) for _ in range(200)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(404), statuses.count(429)) == (100, 100)


async def test_a_refusal_says_which_limit_and_when_it_opens(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    await spend(client)
    answer = await client.get(UNKNOWN)
    body = problem_of(answer, 429, "rate_limited")
    assert (body["field"], body["limit"], answer.headers["retry-after"]) == ("burst", 10, "6")
    api.limit_store.shared.now += 5.0
    problem_of(await client.get(UNKNOWN), 429, "rate_limited")
    api.limit_store.shared.now += 1.0
    assert (await client.get(UNKNOWN)).status_code == 404


async def test_the_quota_of_the_day_is_told_by_its_name(api: TwinApi) -> None:
    async with await api.let_in("f", ApiKey("key-f", "poor", tier="free")) as client:
        for _ in range(5):
            await spend(client, 1)
            api.limit_store.shared.now += 60.0
        answer = await client.get(UNKNOWN)
    body = problem_of(answer, 429, "rate_limited")
    assert (body["field"], body["limit"]) == ("daily", 5)
    assert int(answer.headers["retry-after"]) > 80_000


async def test_every_counted_answer_says_how_much_is_left(client: httpx.AsyncClient) -> None:
    first = await client.get(UNKNOWN)
    assert first.headers["ratelimit-policy"] == '"burst";q=10;w=60, "daily";q=1000;w=86400'
    assert first.headers["ratelimit"].startswith('"burst";r=9;t=6, "daily";r=999;t=')
    await spend(client, 9)
    last = await client.get(UNKNOWN)
    assert last.headers["ratelimit"].startswith('"burst";r=0;t=6, ')


TRICKS = [
    ("GET", UNKNOWN, {"X-Forwarded-For": "198.51.100.7"}),
    ("GET", UNKNOWN, {"Forwarded": "for=198.51.100.8", "X-Real-IP": "198.51.100.9"}),
    ("GET", UNKNOWN, {"X-Tenant-ID": "globex", "X-API-Key": "globex-key"}),
    ("GET", UNKNOWN, {"User-Agent": "other", "Cookie": "a=b"}),
    ("GET", "/API/V1/ANALYSES/X", {}),
    ("GET", "/api/v1/analyses/x/", {}),
    ("GET", "//api/v1/analyses/x", {}),
    ("GET", "/api/v1/%61nalyses/x", {}),
    ("GET", "/api/v1/analyses/x;a=b", {}),
    ("GET", "/api/v1/analyses/x?a=b", {}),
    ("GET", "/health/../api/v1/analyses/x", {}),
    ("GET", "/health/", {}),
    ("HEAD", UNKNOWN, {}),
    ("BREW", UNKNOWN, {"X-HTTP-Method-Override": "GET"}),
    ("GET", "/nowhere", {}),
]


@pytest.mark.parametrize(("method", "path", "headers"), TRICKS)
async def test_headers_cases_and_slashes_gain_nothing(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    await spend(client)
    answer = await client.request(method, path, headers=headers)
    assert answer.status_code == 429, answer.text


async def test_the_keys_of_a_tenant_share_its_limit(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    await spend(client)
    async with await api.let_in("another-key", ApiKey("key-2", "acme")) as another:
        problem_of(await another.get(UNKNOWN), 429, "rate_limited")


async def test_a_flood_of_one_tenant_does_not_move_another(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    async with api.client("globex") as other:
        flood = asyncio.gather(*(client.get(UNKNOWN) for _ in range(200)))
        await spend(other)
        assert [answer.status_code for answer in await flood].count(429) >= 190


async def test_what_may_not_be_done_is_counted_as_well(client: httpx.AsyncClient) -> None:
    for _ in range(10):
        assert (await client.get("/api/v1/keys")).status_code == 403
    problem_of(await client.get("/api/v1/keys"), 429, "rate_limited")
    problem_of(await client.get(UNKNOWN), 429, "rate_limited")


async def test_it_is_counted_before_the_body_is_read(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    await spend(client)
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"x")
        yield b"x"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post(UPLOAD, content=body(), headers=headers)
    problem_of(answer, 429, "rate_limited")
    assert read == []
    assert api.is_empty


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"Content-Length": "1000"}, 9),
        ({"Content-Length": "4999999"}, 9),
        ({"Content-Length": "5000000"}, 8),
        ({"Content-Length": "15000000"}, 6),
        ({"Transfer-Encoding": "chunked"}, 6),
        ({"Transfer-Encoding": "chunked", "Content-Length": "1"}, 6),
    ],
)
async def test_a_large_body_costs_more_and_one_of_unknown_length_the_most(
    client: httpx.AsyncClient, headers: dict[str, str], left: int
) -> None:
    request = client.build_request("POST", UPLOAD, content=b"")
    del request.headers["Content-Length"]
    request.headers.update(headers)
    answer = await client.send(request)
    assert answer.headers["ratelimit"].startswith(f'"burst";r={left};')


async def test_an_event_stream_costs_as_any_request(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    for _ in range(10):
        async with StreamClient(api.app, EVENTS) as stream:
            await stream.next()
            assert stream.headers["ratelimit"].startswith('"burst";')
    problem_of(await client.get(EVENTS), 429, "rate_limited")


async def test_so_many_are_in_work_at_once(api: TwinApi, client: httpx.AsyncClient) -> None:
    api.answer = nothing_yet
    waiting = [
        asyncio.create_task(
            client.post(UPLOAD, files={"image": picture()}, headers={"Prefer": "wait=1"})
        )
        for _ in range(2)
    ]
    await eventually(lambda: len(api.analyses.requests) == 2)
    refused = await client.get(UNKNOWN)
    body = problem_of(refused, 429, "too_many_at_once")
    assert (body["limit"], refused.headers["retry-after"]) == (2, "1")
    async with api.client("globex") as other:
        await spend(other, 1)
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [202, 202]
    await spend(client, 1)


async def test_open_streams_are_not_in_work(api: TwinApi, client: httpx.AsyncClient) -> None:
    async with StreamClient(api.app, EVENTS) as one, StreamClient(api.app, EVENTS) as two:
        await one.next()
        await two.next()
        async with StreamClient(api.app, EVENTS) as three:
            await three.next()
            await spend(client, 1)


async def test_the_tier_says_how_many_streams(api: TwinApi) -> None:
    poor = await api.let_in("f", ApiKey("key-f", "poor", tier="free"))
    async with poor, StreamClient(api.app, EVENTS, key="f") as one:
        await one.next()
        api.limit_store.shared.now += 60.0
        problem_of(await poor.get(EVENTS), 429, "too_many_streams")


async def test_who_hits_a_limit_is_audited_once_a_minute(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    await spend(client)
    for _ in range(5):
        await client.get(UNKNOWN)
    (entry,) = await api.audit.find(AuditQuery(action=Action.LIMIT_HIT))
    event = entry.event
    assert (event.tenant_id, event.actor.name, event.target) == ("acme", "key-acme", "burst")
    counted, labels = api.metrics.registry, {"limit": "burst", "decision": "refused"}
    assert counted.get_sample_value("analyzer_limiter_decisions_total", labels) == 5


async def test_without_redis_each_process_counts_by_itself(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    await spend(client)
    api.limit_store.switch.is_down = True
    await spend(client)
    answer = await client.get(UNKNOWN)
    problem_of(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0
    assert api.metrics.registry.get_sample_value("analyzer_limiter_degraded") == 1
    api.limit_store.switch.is_down = False
    problem_of(await client.get(UNKNOWN), 429, "rate_limited")
    assert api.metrics.registry.get_sample_value("analyzer_limiter_degraded") == 0


async def test_without_redis_no_key_is_made(api: TwinApi) -> None:
    method, path = MINTING
    assert MINTING in POLICIES
    async with await api.let_in("admin-key", ADMIN) as admin:
        api.limit_store.switch.is_down = True
        refused = await admin.request(method, path, json={"name": "shop"})
        problem_of(refused, 503, "dependency_unavailable")
        assert refused.headers["retry-after"] == "5"
        assert (await admin.get(path)).status_code == 200, "looking is allowed"
        api.limit_store.switch.is_down = False
        assert (await admin.request(method, path, json={"name": "shop"})).status_code == 201


async def test_the_published_limits_are_generous() -> None:
    limits = Limits()
    assert limits.standard.per_minute >= 100 * 60
    assert limits.standard.burst >= 5_000
    assert limits.free.per_minute < limits.standard.per_minute < limits.premium.per_minute
    assert ApiSettings().max_upload_bytes // 5_000_000 + 1 < limits.free.burst


async def test_nobody_is_asked_for_probes(api: TwinApi, client: httpx.AsyncClient) -> None:
    await spend(client)
    for path in ("/health", "/ready", "/metrics"):
        answer = await client.get(path, headers=ASYNC)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers
    assert set(api.limit_store.shared.subjects) == {"tenant/acme"}


async def test_cancels_and_blocked_addresses_are_audited(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.answer = nothing_yet
    accepted = await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    assert (await client.post(f"{accepted.headers['location']}/cancel")).status_code == 202
    blocked = await client.post(
        "/api/v1/analyze/url", json={"image_url": "http://127.0.0.1/a?token=secret"}
    )
    problem_of(blocked, 422, "address_not_allowed")
    cancelled, refused = [entry.event for entry in await api.audit.find(AuditQuery())]
    request_id = str(api.analyses.requests[0].request_id)
    assert (cancelled.action, cancelled.target) == ("analysis.cancelled", request_id)
    assert (refused.action, refused.details) == ("address.blocked", {"host": "127.0.0.1"})
    assert {cancelled.actor.name, refused.actor.name} == {"key-acme"}

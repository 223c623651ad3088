"""Nothing of one tenant in any byte that another gets, or under its name in any store: the API on
real stores, as a database user that does not own the tables."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from ingest_api.settings import ApiSettings
from ingest_api.wiring import ApiConfig
from outbound.settings import WebhookSettings
from outbound.webhook_secrets import SecretSource
from processors.deliver_message import to_message
from schemas.events import AnalysisFailed, ImageAnalyzed
from schemas.roles import Role
from storage.analyses_postgres import PostgresAnalysisStore
from storage.deliveries import Room
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.images_s3 import S3ImageStore
from storage.ports import Analysis, ApiKey, KeyNote
from storage.settings import PostgresSettings, RedisSettings
from tests.contract.storage.conftest import bucket_settings
from tests.contract.storage.examples import NOON, analyzed, failed
from tests.contract.storage.migrated import opened_pool
from tests.contract.storage.restricted import restricted
from tests.integration.ingest_api.real_stores import RealStores
from tests.support.services.connections import RedisServer, S3Server
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.signing import AUTH, PASSWORD
from tests.unit.ingest_api.stream_client import StreamClient
from topics.catalog import topic_of
from topics.codec import encode
from topics.settings import KafkaSettings

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3]

TENANTS = ("acme", "globex")
MASTER = "what the secrets of receivers are derived from"


@dataclass(slots=True)
class Side:
    """One tenant: what it did, and every byte that it was sent."""

    tenant_id: str
    canary: str
    client: httpx.AsyncClient
    received: bytearray = field(default_factory=bytearray)
    ids: list[UUID] = field(default_factory=list)
    key_id: str = ""
    user_id: str = ""

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        answer = await self.client.request(method, path, **request)
        self.received += repr(answer.headers.raw).encode() + answer.content
        return answer


@pytest.fixture
async def api(
    postgres_database: str, s3: S3Server, bucket_name: str, redis_server: RedisServer
) -> AsyncIterator[RealStores]:
    bucket = bucket_settings(s3, bucket_name)
    images = S3ImageStore(bucket)
    await images.ensure_bucket()
    await images.aclose()
    with restricted(postgres_database, "analyzer_api") as dsn:
        config = ApiConfig(
            api=ApiSettings(stream_ping_s=0.05),
            kafka=KafkaSettings(),
            postgres=PostgresSettings(dsn=SecretStr(dsn)),
            bucket=bucket,
            redis=RedisSettings(url=SecretStr(redis_server.url)),
            auth=AUTH,
            webhooks=WebhookSettings(master_secret=SecretStr(MASTER)),
        )
        async with RealStores.running(config) as running:
            yield running


@pytest.fixture
async def sides(api: RealStores) -> AsyncIterator[list[Side]]:
    made = []
    for tenant_id in TENANTS:
        canary = f"canary-{sha256(tenant_id.encode()).hexdigest()[:12]}"
        key = ApiKey(f"boss-{tenant_id}", tenant_id, Role.ADMIN)
        digest = sha256(f"boss of {tenant_id}".encode()).digest()
        await api.parts.api_keys.add_api_key(key, digest, note=KeyNote(canary))
        headers = {"Authorization": f"Bearer boss of {tenant_id}", "Prefer": "respond-async"}
        transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)
        made.append(Side(tenant_id, canary, client))
    yield made
    for side in made:
        await side.client.aclose()


async def work(side: Side) -> None:
    """Something at every door that takes a text or a picture."""
    named = {"Idempotency-Key": side.canary}
    size = (64, 48 + len(side.tenant_id))
    told = {"callback_url": f"https://hooks.example/{side.canary}"}
    pictures = [{"image_url": f"http://example.com/{side.canary}.{end}"} for end in ("jpg", "png")]
    for path, request in (
        ("url", {"json": pictures[0] | told, "headers": named}),
        ("url", {"json": pictures[1] | told}),
        ("upload", {"files": {"image": picture(size=size)}, "data": told}),
    ):
        answer = await side.ask("POST", f"/api/v1/analyze/{path}", **request)
        assert answer.status_code == 202, answer.text
        side.ids.append(UUID(answer.json()["request_id"]))
    made = await side.ask("POST", "/api/v1/keys", json={"name": side.canary})
    side.key_id = made.json()["key_id"]
    wish = {"username": side.canary, "password": PASSWORD, "role": "analyst"}
    side.user_id = (await side.ask("POST", "/api/v1/users", json=wish)).json()["user_id"]
    login = {"username": f"{side.canary}@{side.tenant_id}", "password": PASSWORD}
    assert (await side.ask("POST", "/api/v1/auth/token", json=login)).status_code == 200


async def outcome(api: RealStores, owner: PostgresAnalysisStore, side: Side, index: int) -> None:
    """As the workers have it: in the record and in the log."""
    known: Analysis | None = await owner.find(side.tenant_id, side.ids[index])
    assert known is not None
    fact: ImageAnalyzed | AnalysisFailed = (
        analyzed(known.request, name=side.canary) if index == 2
        else failed(known.request).model_copy(update={"message": f"no picture: {side.canary}"})
    )  # fmt: skip
    await owner.record([fact])
    api.log.append(encode(fact, topic_of(type(fact)), source="test", traceparent=None))


async def look_around(side: Side, other: Side) -> None:
    """Everything it may read, and everything of the other that it can name."""
    for path in ("keys", "users", "auth/me"):
        assert (await side.ask("GET", f"/api/v1/{path}")).status_code == 200
    for request_id in side.ids:
        for _ in range(2):
            assert (await side.ask("GET", f"/api/v1/analyses/{request_id}")).status_code == 200
        await side.ask("GET", f"/api/v1/analyses/{request_id}/events")
        delivery = await side.ask("GET", f"/api/v1/analyses/{request_id}/deliveries")
        assert len(delivery.json()["deliveries"]) == 1
    for request_id in other.ids:
        analysis = f"/api/v1/analyses/{request_id}"
        for method, path in (
            ("GET", ""),
            ("GET", "/events"),
            ("GET", "/deliveries"),
            ("POST", "/cancel"),
        ):
            assert (await side.ask(method, analysis + path)).status_code == 404
    for path in (f"keys/{other.key_id}", f"users/{other.user_id}"):
        assert (await side.ask("DELETE", f"/api/v1/{path}")).status_code == 404
    changed = await side.ask("PATCH", f"/api/v1/users/{other.user_id}", json={"role": "admin"})
    assert changed.status_code == 404
    named = {"Idempotency-Key": other.canary}
    body = {"image_url": "http://example.com/mine.jpg"}
    repeated = await side.ask("POST", "/api/v1/analyze/url", json=body, headers=named)
    assert "idempotency-replayed" not in repeated.headers
    assert repeated.status_code == 202


async def test_no_canary_sings_elsewhere(
    api: RealStores, sides: list[Side], postgres_database: str, redis_server: RedisServer
) -> None:
    one, two = sides
    async with opened_pool(postgres_database) as pool:
        owner = PostgresAnalysisStore(pool)
        await asyncio.gather(*(_follow(api, owner, side) for side in sides))
        await _read_webhooks(PostgresDeliveryStore(pool), sides)
    await look_around(one, two)
    await look_around(two, one)
    for side, other in ((one, two), (two, one)):
        assert side.received.count(side.canary.encode()) > 10
        assert other.canary.encode() not in side.received
        assert all(str(request_id).encode() not in side.received for request_id in other.ids)
    await _check_bucket(api, sides)
    _check_topics(api, sides)
    await _check_cache(redis_server.url, sides)


async def _follow(api: RealStores, owner: PostgresAnalysisStore, side: Side) -> None:
    key = f"boss of {side.tenant_id}"
    async with StreamClient(api.app, "/api/v1/events", key=key) as stream:
        side.received += repr(await stream.next()).encode()
        await work(side)
        for index in range(3):
            await outcome(api, owner, side, index)
        told = 0
        while told < 3:
            frame = await stream.next()
            side.received += repr(frame).encode()
            told += bool(frame.event)


async def _read_webhooks(deliveries: PostgresDeliveryStore, sides: list[Side]) -> None:
    """Both are in one claim, and every byte that is posted for it goes to the receiver of one."""
    claims = await deliveries.claim(Room(100, 100, 100), lease=timedelta(minutes=1))
    assert len(claims) == 6
    for claim in claims:
        (side,) = [side for side in sides if side.tenant_id == claim.tenant_id]
        assert side.canary in claim.url
        message = to_message(claim, SecretSource(MASTER), NOON)
        assert message is not None
        side.received += repr(message.headers).encode() + message.body


async def _check_bucket(api: RealStores, sides: list[Side]) -> None:
    keys = [stored.key for stored in await api.parts.images.page("", 100)]
    assert len(keys) == len(sides)
    for side in sides:
        (mine,) = [key for key in keys if str(side.ids[2]) in key]
        assert mine.startswith(f"{side.tenant_id}/")


def _check_topics(api: RealStores, sides: list[Side]) -> None:
    records = [record for topic in api.log.records.values() for record in topic]
    assert len(records) > 10
    for side in sides:
        marks = [side.canary.encode(), *(str(request_id).encode() for request_id in side.ids)]
        for record in records:
            whole = (record.key or b"") + (record.value or b"")
            if any(mark in whole for mark in marks):
                assert record.key is not None
                assert record.key.startswith(f"{side.tenant_id}/".encode())
                assert record.header("ce_tenantid") == side.tenant_id


async def _check_cache(url: str, sides: list[Side]) -> None:
    client = Redis.from_url(url)
    try:
        for side in sides:
            key = f"analysis:{side.tenant_id}:{side.ids[2]}".encode()
            assert [found async for found in client.scan_iter(f"*{side.ids[2]}*")] == [key]
            every = [found async for found in client.scan_iter("analysis:*")]
            values = {found: str(await client.get(found)) for found in every}
            assert [found for found, value in values.items() if side.canary in value] == [key]
    finally:
        await client.aclose()

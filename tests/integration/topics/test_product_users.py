"""The processes of the product do all their work with exactly the rights of the table."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from schemas.events import ImageAnalyzed, ImageRequestedInbox
from schemas.result import AnalysisResult
from tests.integration.outbound.listener import Listener, holds, ok
from tests.integration.topics.secured import (
    as_user,
    consuming,
    producing,
    values_in,
    variables_of,
)
from tests.support.events import new_request_id
from tests.support.kafka_rules import set_rules
from tests.support.product_processes import Product, describe_product
from tests.support.services.connections import PostgresServer, RedisServer, S3Server
from tests.support.services.stack import Stack
from tests.system.http_client import SAMPLES, connected, upload
from topics.access import access_table
from topics.catalog import CONSUMED, DEAD_LETTERS, IMAGE_ANALYZED, RETRIES
from topics.codec import encode_inbox
from topics.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3]
LANES = ("interactive", "bulk")
USERS = ("api", "detect", "io")
TENANT = "system-test"
PICTURE = SAMPLES[0].read_bytes()
SETTINGS = {
    "ANALYZER_WORKER__SWEEP_EVERY_S": "0.5",
    "ANALYZER_WORKER__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
    "ANALYZER_API__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
}


@pytest.fixture
def product(
    request: pytest.FixtureRequest,
    stack: Stack,
    postgres: PostgresServer,
    redis_server: RedisServer,
    s3: S3Server,
    tmp_path: Path,
) -> Iterator[Product]:
    """Each process logs in as a user of its own, on a broker whose topics are empty."""
    stack.kafka.stop()
    stack.kafka.wipe()
    stack.kafka.log_file.unlink(missing_ok=True)  # other tests provoke refusals
    servers = (request.getfixturevalue("kafka"), postgres, redis_server, s3)
    if servers != (stack.kafka, stack.postgres, stack.redis, stack.s3):
        pytest.skip("servers run elsewhere: their users and rules are not ours to make")
    stack.kafka.start()
    own = {user: variables_of(as_user(stack.kafka, user)) for user in USERS}
    described = describe_product(stack, tmp_path, settings=SETTINGS, own=own)
    asyncio.run(set_rules(stack.kafka.bootstrap_servers, access_table()))
    try:
        described.start()
        yield described
    finally:
        described.stop()


async def test_all_work_is_done_and_nobody_is_refused_anything(product: Product) -> None:
    everybody = KafkaSettings(bootstrap_servers=product.stack.kafka.bootstrap_servers)
    await _write_what_nobody_can_work(everybody)
    async with (
        connected(product.base_url, product.api_key) as client,
        Listener(ok(PICTURE)) as gallery,
        Listener(holds(b"")) as silent,
    ):
        for lane in LANES:
            uploaded = await upload(client, PICTURE, prefer="wait=60", lane=lane)
            assert uploaded.status == 200
            fetched = await _ask_for(client, gallery, lane=lane, prefer="wait=60")
            assert fetched.status_code == 200
        await _cancel(client, await _ask_for(client, silent, lane="bulk", prefer="respond-async"))
        await _through_the_inbox(product, gallery)
    await asyncio.to_thread(_by_command, product)
    await _until_each_has_dead_letters(everybody)
    for process in (product.api, product.detect, product.io):
        assert product.stack.kafka.refusals_of(process.name) == []
        assert "may not" not in process.log_file.read_text(encoding="utf-8")


async def _write_what_nobody_can_work(everybody: KafkaSettings) -> None:
    async with producing(everybody) as anybody:
        for topic in (*CONSUMED, *RETRIES):
            await anybody.send_and_wait(topic.name, b"no record of ours")


async def _ask_for(
    client: httpx.AsyncClient, gallery: Listener, *, lane: str, prefer: str
) -> httpx.Response:
    address = f"http://127.0.0.1:{gallery.port}/street.jpg"
    return await client.post(
        "/api/v1/analyze/url",
        json={"image_url": address, "lane": lane},
        headers={"Prefer": prefer},
    )


async def _cancel(client: httpx.AsyncClient, accepted: httpx.Response) -> None:
    """What is being fetched; whether it comes in time is not the question here."""
    path = f"/api/v1/analyses/{accepted.json()['request_id']}/cancel"
    assert (await client.post(path)).status_code == 202


async def _through_the_inbox(product: Product, gallery: Listener) -> None:
    """In by the second door and out by the third, each under an outsider's own login."""
    kafka = product.stack.kafka
    address = f"http://127.0.0.1:{gallery.port}/inbox.jpg"
    asked = ImageRequestedInbox(request_id=new_request_id(), image_url=address)
    record = encode_inbox(asked, TENANT, source="/shop", credential=product.api_key)
    async with producing(as_user(kafka, "producer")) as producer:
        await producer.send_and_wait(
            record.topic, record.value, key=record.key, headers=list(record.headers)
        )
    results = consuming(as_user(kafka, "consumer"), IMAGE_ANALYZED.name, group="ext-shop")
    async with asyncio.timeout(60), results as consumer:
        while asked.request_id != _request_in((await consumer.getone()).value):
            pass


def _by_command(product: Product) -> None:
    """`produce` by a user who may write an inbox and nothing else: it asks the API, or is told that
    it may not wait; both were sent."""
    asked = _produce(product, "--url", product.base_url, "--json")
    assert asked.returncode == 0, asked.stderr
    assert AnalysisResult.read(asked.stdout.encode()).image_metadata is not None
    alone = _produce(product)
    assert alone.returncode == 0, alone.stderr
    assert UUID(alone.stdout.strip())
    assert "not waiting for the outcome: user 'producer' may not Read" in alone.stderr
    wrong = _produce(product, ANALYZER_KAFKA__PASSWORD="mistyped-and-long-enough")
    assert wrong.returncode == 3
    assert "refuses user 'producer'" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def _produce(
    product: Product, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    stack = product.stack
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANALYZER_")}
    own = variables_of(as_user(stack.kafka, "producer")) | {
        "ANALYZER_BUCKET__ENDPOINT": stack.s3_endpoint,
        "ANALYZER_BUCKET__ACCESS_KEY": stack.s3_access_key,
        "ANALYZER_BUCKET__SECRET_KEY": stack.s3_secret_key,
        "IMAGE_ANALYZER_KEY": product.api_key,
    }
    command = [sys.executable, "-m", "cli.main", "produce", str(SAMPLES[0]), "--tenant", TENANT]
    return subprocess.run(
        [*command, *arguments], env=kept | own | settings,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _request_in(value: bytes) -> UUID | None:
    return ImageAnalyzed.model_validate_json(value).request_id if value[:1] == b"{" else None


async def _until_each_has_dead_letters(everybody: KafkaSettings) -> None:
    names = [topic.name for topic in DEAD_LETTERS]
    async with asyncio.timeout(60):
        while not all((await values_in(everybody, names)).values()):
            pass

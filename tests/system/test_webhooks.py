"""From every door to a receiver of our own, which believes a message only by its signature."""

import asyncio
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.product_processes import Product
from tests.support.webhook_receiver import OK, Receiver, Told, status
from tests.system.conftest import CALLBACKS_TO_HERE
from tests.system.http_client import SAMPLES, connected, upload
from tests.system.test_second_door import command

ROOT = Path(__file__).resolve().parents[2]
COFFEE = next(path for path in SAMPLES if path.stem == "coffee")
TENANT = "system-test"


def operate(product: Product, *arguments: str) -> str:
    """What an operator's command says, who has the database and the master secret."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANALYZER_")}
    own = {"ANALYZER_POSTGRES__DSN": product.stack.postgres_dsn}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "webhooks", *arguments], cwd=ROOT, text=True,
        env=kept | own | CALLBACKS_TO_HERE, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def secret(product: Product) -> str:
    return operate(product, "secret", "rotate", "--tenant", TENANT)


async def view(client: httpx.AsyncClient, request_id: str, more: str = "") -> dict[str, Any]:
    answer = await client.get(f"/api/v1/analyses/{request_id}{more}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def delivered(client: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    """The delivery once it is noted, which is soon after the receiver has answered."""
    async with asyncio.timeout(20):
        while True:
            found: dict[str, Any] = (await view(client, request_id, "/deliveries"))["deliveries"][0]
            if found["state"] == "delivered":
                return found
            await asyncio.sleep(0.1)


def checked(told: Told, secret: str, request_id: str) -> dict[str, Any]:
    """The event, of a message that is good."""
    assert told.is_signed_with(secret)
    event = told.event
    assert told.headers["webhook-id"] == event["id"]
    assert event["subject"] == f"{TENANT}/{request_id}"
    return event


async def test_a_result_is_told_after_a_receiver_that_failed_once(
    product: Product, secret: str
) -> None:
    async with (
        Receiver(status(503), OK) as far,
        connected(product.base_url, product.api_key) as client,
    ):
        answer = await upload(
            client, COFFEE.read_bytes(), prefer="wait=30", callback_url=far.url("/in")
        )
        assert answer.status == 200
        first, second = await far.wait_for(2, within_s=30)
        event = checked(second, secret, answer.request_id)
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert event["type"] == "io.imageanalyzer.image-analyzed.v1"
        assert event["data"]["result"] == answer.body
        assert event["data"]["result"] == (await view(client, answer.request_id))["result"]
        delivery = await delivered(client, answer.request_id)
    assert [each["status"] for each in delivery["attempts"]] == [503, 204]
    assert product.api_key not in str([told.headers for told in far.told])
    shown = await asyncio.to_thread(operate, product, "show", f"{TENANT}/{answer.request_id}")
    assert "503" in shown
    assert "delivered" in shown


async def test_a_failure_is_told_with_what_the_record_says(product: Product, secret: str) -> None:
    async with Receiver() as far, connected(product.base_url, product.api_key) as client:
        answer = await client.post(
            "/api/v1/analyze/url",
            json={"image_url": "http://127.0.0.2/a.jpg", "callback_url": far.url()},
        )
        assert answer.status_code == 422, "refused by its text, and never accepted"
        async with Receiver(status(404)) as gone:
            answer = await client.post(
                "/api/v1/analyze/url", headers={"Prefer": "respond-async"},
                json={"image_url": gone.url("/a.jpg"), "callback_url": far.url()},
            )  # fmt: skip
            assert answer.status_code == 202
            (told,) = await far.wait_for(1, within_s=30)
        request_id = answer.json()["request_id"]
        event = checked(told, secret, request_id)
        failure = (await view(client, request_id))["failure"]
    assert event["type"] == "io.imageanalyzer.analysis-failed.v1"
    assert {name: event["data"][name] for name in failure} == failure
    assert failure["code"] == "fetch_failed"


async def test_what_comes_by_kafka_is_told_too(product: Product, secret: str) -> None:
    request_id = str(uuid.uuid4())
    async with Receiver() as far:
        done = await asyncio.to_thread(
            command, product, "produce", str(COFFEE), "--tenant", TENANT, "--request-id",
            request_id, "-o", f"callback_url={far.url()}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (told,) = await far.wait_for(1, within_s=30)
    assert checked(told, secret, request_id)["data"]["result"]["detected_objects"]

"""Pictures that come by way of Kafka, and what becomes of them and of what is wrong with them."""

import asyncio
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from tests.support.product_processes import Product
from tests.system.http_client import SAMPLES, connected, upload
from tests.system.wire import wait_until_all

ROOT = Path(__file__).resolve().parents[2]
COFFEE = next(path for path in SAMPLES if path.stem == "coffee")


def command(product: Product, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Of the command line, with what an outside producer or an operator has."""
    stack = product.stack
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANALYZER_")}
    own = {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap_servers,
        "ANALYZER_BUCKET__ENDPOINT": stack.s3_endpoint,
        "ANALYZER_BUCKET__ACCESS_KEY": stack.s3_access_key,
        "ANALYZER_BUCKET__SECRET_KEY": stack.s3_secret_key,
        "IMAGE_ANALYZER_KEY": product.api_key,
    }
    if arguments[0] == "dlq":
        own["ANALYZER_POSTGRES__DSN"] = stack.postgres_dsn
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=kept | own, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def letters(product: Product, *filters: str) -> list[dict[str, object]]:
    done = command(product, "dlq", "list", "--json", *filters)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def send(
    product: Product,
    request_id: str,
    body: object,
    *,
    topic: str = "image-requested-inbox",
    **headers: str,
) -> None:
    """As a stranger does it who knows the published contract only."""
    producer = AIOKafkaProducer(bootstrap_servers=product.stack.kafka_bootstrap_servers)
    await producer.start()
    given = {
        "ce_specversion": "1.0", "ce_id": request_id, "ce_source": "/stranger",
        "ce_type": f"io.imageanalyzer.{topic}.v1", "content-type": "application/json",
    }  # fmt: skip
    try:
        await producer.send_and_wait(
            topic, json.dumps(body).encode(),
            headers=[(name, text.encode()) for name, text in (given | headers).items()],
        )  # fmt: skip
    finally:
        await producer.stop()


async def test_a_produced_picture_is_analyzed_and_seen_at_the_first_door(product: Product) -> None:
    request_id = str(uuid.uuid4())
    done = await asyncio.to_thread(
        command, product, "produce", str(COFFEE), "--tenant", "system-test",
        "--request-id", request_id, "--json", "-o", "confidence_threshold=low",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["request_id"] == request_id
    assert "cup" in {one["name"] for one in result["detected_objects"]}
    await wait_until_all(product.stack.postgres_dsn, [request_id], "completed", within_s=20)
    async with connected(product.base_url, product.api_key) as client:
        answer = await client.get(f"/api/v1/analyses/{request_id}")
    assert answer.json()["state"] == "completed"
    assert answer.json()["result"]["detected_objects"] == result["detected_objects"]


async def test_the_same_id_again_is_the_same_request(product: Product) -> None:
    request_id = str(uuid.uuid4())
    arguments = ("produce", str(COFFEE), "--tenant", "system-test", "--request-id", request_id)
    first = await asyncio.to_thread(command, product, *arguments)
    again = await asyncio.to_thread(command, product, *arguments, "--wait", "0")
    assert (first.returncode, again.returncode) == (0, 0), again.stderr
    await wait_until_all(product.stack.postgres_dsn, [request_id], "completed", within_s=20)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "credential_missing"),
        ({"authorization": "Bearer aia_nobodyknowsthiskey"}, "credential_invalid"),
    ],
)
async def test_who_is_not_known_is_refused_and_the_credential_goes_no_further(
    product: Product, headers: dict[str, str], reason: str
) -> None:
    request_id = str(uuid.uuid4())
    body = {"request_id": request_id, "image_url": "https://pictures.example/street.jpg"}
    await send(product, request_id, body, ce_subject=f"system-test/{request_id}", **headers)
    letter = await _letter_about(product, reason, request_id)
    shown = (await asyncio.to_thread(command, product, "dlq", "show", letter)).stdout
    assert reason in shown
    assert "nobodyknows" not in shown
    assert ("authorization: redacted" in shown) == bool(headers)


async def test_a_replayed_request_is_a_new_one_that_names_the_old(product: Product) -> None:
    """The picture is lost from the bucket; then it is back."""
    async with connected(product.base_url, product.api_key) as client:
        request_id = str(uuid.uuid4())
        body = {"request_id": request_id, "image_url": "https://pictures.example/street.jpg"}
        await send(product, request_id, body)
        letter = await _letter_about(product, "credential_missing", request_id)
        refused = await asyncio.to_thread(command, product, "dlq", "replay", letter)
        assert refused.returncode == 1
        assert "name the tenant" in refused.stdout
        vouched = await asyncio.to_thread(
            command, product, "dlq", "replay", letter, "--vouch-for", "system-test"
        )
        assert vouched.returncode == 0, vouched.stdout + vouched.stderr
        assert f"replayed as {request_id}" in vouched.stdout
        answer = await client.get(f"/api/v1/analyses/{request_id}")
        assert answer.status_code == 200
        assert (await upload(client, COFFEE.read_bytes(), prefer="wait=30")).status == 200
    gone = await asyncio.to_thread(letters, product, letter)
    assert gone == []


async def _letter_about(product: Product, reason: str, request_id: str) -> str:
    """Where it lies; a stranger's record names its request in its value only."""
    for _ in range(60):
        for letter in await asyncio.to_thread(
            letters, product, "--topic", "image-requested-inbox", "--reason", reason
        ):
            place = str(letter["place"])
            shown = await asyncio.to_thread(command, product, "dlq", "show", place)
            if request_id in shown.stdout:
                return place
        await asyncio.sleep(0.5)
    raise AssertionError(f"no dead letter with {reason} about {request_id}")

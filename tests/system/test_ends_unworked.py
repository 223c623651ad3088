"""Requests that end without being worked, and those that wait for others, on real services."""

import asyncio
import time
import uuid

import httpx

from tests.support.eventually import eventually
from tests.support.product_processes import Product
from tests.system.http_client import SAMPLES, connected, upload
from tests.system.wire import states, wait_until_all

PICTURE = SAMPLES[0].read_bytes()


async def accepted(client: httpx.AsyncClient, **options: str) -> str:
    answer = await upload(client, PICTURE, prefer="respond-async", **options)
    assert answer.status == 202
    return answer.request_id


async def failure_of(client: httpx.AsyncClient, request_id: str) -> dict[str, object]:
    answer = (await client.get(f"/api/v1/analyses/{request_id}")).json()
    failure: dict[str, object] = answer["failure"]
    return failure


async def test_what_is_cancelled_or_late_before_a_worker_takes_it_is_never_worked(
    product: Product,
) -> None:
    """The detector is gone meanwhile; it hears of the cancel as it comes back."""
    await asyncio.to_thread(product.detect.stop)
    try:
        async with connected(product.base_url, product.api_key) as client:
            cancelled = await accepted(client)
            late = await accepted(client, deadline_s="1")
            kept = await accepted(client)
            answer = await client.post(f"/api/v1/analyses/{cancelled}/cancel")
            assert (answer.status_code, answer.json()["state"]) == (202, "accepted")
            view = (await client.get(f"/api/v1/analyses/{cancelled}")).json()
            assert (view["state"], view["cancel_requested_at"] is None) == ("accepted", False)
            deadline = time.monotonic() + 1.5
            await eventually(lambda: time.monotonic() > deadline, within_s=5)
            product.detect.start()
            dsn = product.stack.postgres_dsn
            await wait_until_all(dsn, [kept], "completed", within_s=60)
            await wait_until_all(dsn, [cancelled], "cancelled", within_s=20)
            await wait_until_all(dsn, [late], "expired", within_s=20)
            for request_id, code in ((cancelled, "cancelled"), (late, "deadline_exceeded")):
                failure = await failure_of(client, request_id)
                assert (failure["code"], failure["attempts"]) == (code, 0)
            again = await client.post(f"/api/v1/analyses/{cancelled}/cancel")
            assert (again.status_code, again.json()["code"]) == (409, "already_finished")
    finally:
        await asyncio.to_thread(product.detect.wait_until_ready)


async def test_a_repeat_with_its_key_is_the_same_request_at_any_time(product: Product) -> None:
    key = {"Idempotency-Key": f"order-{uuid.uuid4()}"}
    async with connected(product.base_url, product.api_key) as client:
        form = {"image": ("picture.jpg", PICTURE, "image/jpeg")}
        answers = await asyncio.gather(
            *(
                client.post("/api/v1/analyze/upload", files=form, headers=key | wait)
                for wait in [{"Prefer": "wait=30"}] * 5
            )
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["request_id"] for answer in answers}) == 1
        replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
        assert sorted(replayed, key=str) == [None, *["true"] * 4]
        other = await client.post(
            "/api/v1/analyze/upload", files=form, headers=key, data={"max_objects": "3"}
        )
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_who_waits_is_served_before_the_bulk(product: Product) -> None:
    async with connected(product.base_url, product.api_key) as client:
        bulk = [await accepted(client, lane="bulk") for _ in range(120)]
        answer = await upload(client, PICTURE, prefer="wait=60")
        assert answer.status == 200
        left = await asyncio.to_thread(states, product.stack.postgres_dsn, bulk)
        assert left.get("accepted", 0) > 0
        await wait_until_all(product.stack.postgres_dsn, bulk, "completed", within_s=120)

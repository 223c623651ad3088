"""Hundreds of uploads on real services, with processes and servers killed under them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx

from tests.support.eventually import eventually
from tests.support.product_processes import Product
from tests.system.http_client import SAMPLES, Frame, connected, frames, upload, upload_many
from tests.system.wire import results_of, wait_until_all

_COUNT, _CLIENTS = 500, 50


async def test_uploads_of_many_clients_give_one_row_and_one_result_each(product: Product) -> None:
    async with connected(product.base_url, product.api_key) as client:
        answers = await upload_many(client, _COUNT, clients=_CLIENTS, prefer="wait=60")
    assert Counter(answer.status for answer in answers) == {200: _COUNT}
    ids = [answer.request_id for answer in answers]
    assert len(set(ids)) == _COUNT
    await wait_until_all(product.stack.postgres_dsn, ids, "completed", within_s=30)
    results = await results_of(product.stack.kafka_bootstrap_servers, ids)
    assert sorted(body["request_id"] for _, body in results) == sorted(ids)


async def test_a_detector_that_is_killed_three_times_loses_and_doubles_nothing(
    product: Product,
) -> None:
    async with connected(product.base_url, product.api_key) as client:
        seen: list[Frame] = []
        listening = asyncio.Event()
        listener = asyncio.create_task(_listen(client, seen, listening))
        await asyncio.wait_for(listening.wait(), 20)
        uploads = asyncio.create_task(
            upload_many(client, _COUNT, clients=_CLIENTS, prefer="respond-async")
        )
        for _ in range(3):
            await _more_than(seen, len(seen) + 20)
            await asyncio.to_thread(product.detect.kill)
            product.detect.start()
        ids = [answer.request_id for answer in await uploads]
        await wait_until_all(product.stack.postgres_dsn, ids, "completed", within_s=120)
        await eventually(lambda: set(ids) <= _ids(seen), within_s=20)
        listener.cancel()
    await asyncio.to_thread(product.detect.wait_until_ready)
    results = await results_of(product.stack.kafka_bootstrap_servers, ids)
    once = {ce_id: body["request_id"] for ce_id, body in results}
    assert sorted(once.values()) == sorted(ids)
    told = Counter(frame.data["request_id"] for frame in seen if frame.event == "image-analyzed")
    assert [told[request_id] for request_id in ids] == [1] * _COUNT


async def test_uploads_during_a_broker_outage_complete_by_themselves(product: Product) -> None:
    kafka = product.stack.kafka
    async with connected(product.base_url, product.api_key) as client:
        await asyncio.to_thread(kafka.stop)
        try:
            answers = await asyncio.gather(
                upload_many(client, 30, clients=5, prefer="respond-async"), asyncio.sleep(20)
            )
        finally:
            await asyncio.to_thread(kafka.start)
    accepted = answers[0]
    assert Counter(answer.status for answer in accepted) == {202: 30}
    ids = [answer.request_id for answer in accepted]
    await wait_until_all(product.stack.postgres_dsn, ids, "completed", within_s=150)
    for process in (product.detect, product.io, product.api):
        await asyncio.to_thread(process.wait_until_ready)


async def test_a_stream_resumes_from_the_log_across_a_restart_of_the_api(product: Product) -> None:
    picture = SAMPLES[0].read_bytes()
    async with connected(product.base_url, product.api_key) as client:
        async with aclosing(frames(client, "/api/v1/events")) as stream:
            cut = (await anext(stream)).id
        first = await upload(client, picture, prefer="wait=60")
    assert await asyncio.to_thread(product.api.stop) == 0
    product.api.start()
    await asyncio.to_thread(product.api.wait_until_ready)
    async with connected(product.base_url, product.api_key) as client:
        second = await upload(client, picture, prefer="wait=60")
        wanted = {first.request_id, second.request_id}
        async with aclosing(frames(client, "/api/v1/events", last_event_id=cut)) as resumed:
            told = [frame async for frame in _until_told(resumed, wanted)]
    assert [frame.event for frame in told if frame.event == "gap"] == []
    ids = [frame.data["request_id"] for frame in told if frame.event == "image-analyzed"]
    assert sorted(ids) == sorted(wanted)


async def _listen(client: httpx.AsyncClient, seen: list[Frame], listening: asyncio.Event) -> None:
    async for frame in frames(client, "/api/v1/events"):
        listening.set()
        if frame.event == "image-analyzed":
            seen.append(frame)


async def _until_told(stream: AsyncIterator[Frame], request_ids: set[str]) -> AsyncIterator[Frame]:
    """Until each was told; requests have no order among each other."""
    left = set(request_ids)
    async for frame in stream:
        yield frame
        left.discard(str(frame.data.get("request_id")))
        if not left:
            return


async def _more_than(seen: list[Frame], count: int) -> None:
    await eventually(lambda: len(seen) > count, within_s=90)


def _ids(seen: list[Frame]) -> set[str]:
    return {str(frame.data["request_id"]) for frame in seen}

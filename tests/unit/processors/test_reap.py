"""Object storage -> reap: only what our own processes made, old, and without a request."""

import io
from datetime import timedelta

from processors.reap import Reaper
from schemas.pictures import object_key
from tests.support.events import PICTURE_SHA256, image_submitted, new_request_id
from tests.unit.processors.bench import Bench


def reaper(bench: Bench) -> Reaper:
    return Reaper(
        images=bench.images, analyses=bench.analyses, metrics=bench.metrics, clock=bench.clock,
        after=timedelta(hours=1), every=timedelta(minutes=1),
        deliveries=bench.deliveries, keep_deliveries=timedelta(days=30),
    )  # fmt: skip


async def put(bench: Bench, key: str) -> str:
    await bench.images.put(key, io.BytesIO(b"x"), size_bytes=1, content_type="image/png")
    return key


async def keys(bench: Bench) -> list[str]:
    return [one.key for one in await bench.images.page("", 1000)]


async def test_an_old_object_without_a_request_goes_and_no_other(bench: Bench) -> None:
    request = image_submitted()
    await bench.analyses.accept(request)
    kept = [
        await put(bench, request.object_key),
        await put(bench, "acme/cameras/north/17.jpg"),
        await put(bench, "_dead-letters/image-submitted/0/17"),
    ]
    await put(bench, object_key("acme", new_request_id(), PICTURE_SHA256))
    bench.now += timedelta(hours=2)
    assert await reaper(bench).reap() == 1
    assert await keys(bench) == sorted(kept)
    assert bench.count("analyzer_swept_total", what="object") == 1


async def test_a_young_object_may_get_its_row_yet(bench: Bench) -> None:
    await put(bench, object_key("acme", new_request_id(), PICTURE_SHA256))
    bench.now += timedelta(minutes=59)
    assert await reaper(bench).reap() == 0
    bench.now += timedelta(minutes=2)
    assert await reaper(bench).reap() == 1


async def test_pages_come_one_at_a_time_and_then_from_the_start(bench: Bench) -> None:
    for _ in range(1500):
        await put(bench, object_key("acme", new_request_id(), PICTURE_SHA256))
    bench.now += timedelta(hours=2)
    ours = reaper(bench)
    assert await ours.reap() == 1000
    assert await ours.reap() == 0
    bench.now += timedelta(minutes=1)
    assert await ours.reap() == 500
    late = await put(bench, object_key("aaa", new_request_id(), PICTURE_SHA256))
    for _ in range(2):
        bench.now += timedelta(hours=1)
        await ours.reap()
    assert late not in await keys(bench)

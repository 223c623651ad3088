"""What the API tells of itself in numbers, beyond its requests."""

import asyncio

import httpx
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from ingest_api.settings import ApiSettings
from tests.support.eventually import eventually
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.twin_api import TwinApi, nothing_yet

UPLOAD = "/api/v1/analyze/upload"


def told(api: TwinApi, name: str, **labels: str) -> float:
    return api.metrics.registry.get_sample_value(name, labels) or 0.0


async def test_what_a_limit_lets_through_is_counted_too(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    for _ in range(3):
        await client.get("/nowhere")
    counted = "analyzer_limiter_decisions_total"
    assert told(api, counted, limit="burst", decision="allowed") == 3
    assert told(api, counted, limit="burst", decision="refused") == 0
    api.limit_store.switch.is_down = True
    await client.get("/nowhere")
    assert told(api, counted, limit="burst", decision="degraded") == 1


async def test_a_stream_is_counted_by_what_it_told_and_why_it_ended(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    answer = await client.post(
        UPLOAD, files={"image": picture()}, headers={"Prefer": "respond-async"}
    )
    events = f"/api/v1/analyses/{answer.json()['request_id']}/events"
    await client.get(events)
    assert told(api, "analyzer_sse_frames_total", event="state") == 1
    assert told(api, "analyzer_sse_frames_total", event="image-analyzed") == 1
    assert told(api, "analyzer_sse_streams_ended_total", why="done") == 1


async def test_how_late_the_tail_tells_is_measured(api: TwinApi, client: httpx.AsyncClient) -> None:
    await client.post(UPLOAD, files={"image": picture()})
    assert told(api, "analyzer_tail_delay_seconds_count") == 1


async def test_the_fullest_mailbox_is_told() -> None:
    settings = ApiSettings(stream_queue=4)
    async with TwinApi(settings).running() as api, api.client() as client:
        api.answer = nothing_yet
        assert told(api, "analyzer_sse_mailbox_fill_ratio") == 0
        answer = await client.post(
            UPLOAD, files={"image": picture()}, headers={"Prefer": "respond-async"}
        )
        path = f"/api/v1/analyses/{answer.json()['request_id']}/events"
        following = asyncio.create_task(client.get(path))
        await eventually(lambda: told(api, "analyzer_sse_clients") == 1)
        api.app.state.drain()
        await following
        assert told(api, "analyzer_sse_streams_ended_total", why="draining") == 1


async def test_the_lines_of_a_request_name_it_and_those_of_the_next_do_not(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = await client.post(UPLOAD, files={"image": picture()})
        async with api.client(None) as stranger:
            await stranger.get("/nowhere")
    ours, theirs = (line for line in lines if line["event"] == "http_answered")
    assert ours["tenant_id"] == "acme"
    assert ours["request_id"] == answer.json()["request_id"]
    assert ours["trace_id"] == answer.headers["x-trace-id"] != theirs["trace_id"]
    assert not {"tenant_id", "request_id"} & set(theirs)


async def test_there_is_room_for_pictures(api: TwinApi, client: httpx.AsyncClient) -> None:
    await client.get("/health")
    assert told(api, "analyzer_spool_free_bytes") > 0
    assert told(api, "analyzer_upload_bytes_in_flight") == 0

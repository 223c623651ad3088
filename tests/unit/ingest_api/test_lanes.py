"""`lane`: bulk work has topics of its own, at both doors of the API."""

from typing import Any

import httpx
import pytest

from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet

UPLOAD, URL = "/api/v1/analyze/upload", "/api/v1/analyze/url"
ADDRESS = {"image_url": "https://example.com/cat.jpg"}


async def post(client: httpx.AsyncClient, path: str, options: dict[str, Any]) -> httpx.Response:
    if path == URL:
        return await client.post(URL, json=ADDRESS | options, headers=ASYNC)
    texts = {name: str(value) for name, value in options.items()}
    return await client.post(UPLOAD, files={"image": picture()}, data=texts, headers=ASYNC)


@pytest.mark.parametrize(
    ("path", "options", "topic"),
    [
        (UPLOAD, {}, "image-submitted"),
        (UPLOAD, {"lane": "interactive"}, "image-submitted"),
        (UPLOAD, {"lane": "bulk"}, "image-submitted-bulk"),
        (URL, {}, "image-requested"),
        (URL, {"lane": "interactive"}, "image-requested"),
        (URL, {"lane": "bulk"}, "image-requested-bulk"),
    ],
)
async def test_a_request_is_announced_in_its_lane_and_its_view_says_which(
    api: TwinApi, client: httpx.AsyncClient, path: str, options: dict[str, Any], topic: str
) -> None:
    api.answer = nothing_yet
    answer = await post(client, path, options)
    assert answer.status_code == 202
    assert {name for name, found in api.log.records.items() if found} == {topic}
    view = (await client.get(answer.headers["location"])).json()
    assert view["lane"] == options.get("lane", "interactive")
    [waiting] = await api.analyses.find_unannounced(api.analyses.requests[0].deadline_at, 10)
    assert waiting.lane == view["lane"]


@pytest.mark.parametrize("lane", ["", "BULK", "express", "bulk,interactive", "null"])
async def test_there_is_no_other_lane_for_an_upload(
    api: TwinApi, client: httpx.AsyncClient, lane: str
) -> None:
    body = problem_of(await post(client, UPLOAD, {"lane": lane}), 422, "invalid_option")
    assert (body["field"], body["allowed"]) == ("lane", "interactive or bulk")
    assert api.is_empty


@pytest.mark.parametrize("lane", ["", "Bulk", None, True, 1, ["bulk"], {"bulk": 1}])
async def test_there_is_no_other_lane_for_an_address(
    api: TwinApi, client: httpx.AsyncClient, lane: object
) -> None:
    body = problem_of(await post(client, URL, {"lane": lane}), 422, "invalid_option")
    assert (body["field"], body["allowed"]) == ("lane", "interactive or bulk")
    assert api.is_empty


async def test_a_lane_given_twice_is_refused(api: TwinApi, client: httpx.AsyncClient) -> None:
    files = [("image", ("a", picture())), ("lane", (None, b"bulk")), ("lane", (None, b"bulk"))]
    answer = await client.post(UPLOAD, files=files)
    assert problem_of(answer, 422, "repeated_option")["field"] == "lane"
    assert api.is_empty

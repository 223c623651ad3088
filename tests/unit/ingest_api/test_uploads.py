"""POST /api/v1/analyze/upload: what is stored, what is answered, and how long it waits."""

import hashlib
from datetime import timedelta
from functools import partial

import httpx
import pytest

from ingest_api.settings import ApiSettings
from schemas.events import ImageSubmitted
from schemas.failures import FailureCode
from schemas.result import AnalysisResult
from storage.ports import Request
from tests.unit.ingest_api.outcomes import analyzed, failed
from tests.unit.ingest_api.pictures import jpeg_of_bytes, picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet
from topics.catalog import IMAGE_SUBMITTED, topic_named
from topics.codec import decode

UPLOAD = "/api/v1/analyze/upload"
CAT = picture()
LIMIT = ApiSettings().max_upload_bytes


async def test_the_result_is_the_answer_when_it_comes_within_the_wait(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    answer = await client.post(UPLOAD, files={"image": CAT})
    assert answer.status_code == 200
    result = AnalysisResult.read(answer.content)
    assert answer.content == result.to_json()
    assert [request.request_id for request in api.analyses.requests] == [result.request_id]


async def test_object_row_and_event_agree(api: TwinApi, client: httpx.AsyncClient) -> None:
    texts = {"confidence_threshold": "high", "labels": "cat, dog", "deadline_s": "60"}
    await client.post(UPLOAD, files={"image": CAT}, data=texts, headers=ASYNC)
    (row,) = api.analyses.requests
    (record,) = api.log.records["image-submitted"]
    assert decode(record, topic_named("image-submitted")).event == row
    assert isinstance(row, ImageSubmitted)
    digest = hashlib.sha256(CAT).hexdigest()
    assert row.object_key == f"acme/{row.request_id}/{digest}"
    assert (row.sha256, row.size_bytes, row.content_type) == (digest, len(CAT), "image/jpeg")
    assert await api.images.get(row.object_key, max_bytes=LIMIT) == CAT
    assert row.options.confidence_threshold == 0.7
    assert row.options.labels == ("cat", "dog")
    assert row.deadline_at - row.accepted_at == timedelta(seconds=60)


async def test_the_trace_of_the_caller_goes_on_in_the_event(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    caller = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}
    answer = await client.post(UPLOAD, files={"image": CAT}, headers=ASYNC | caller)
    assert answer.headers["x-trace-id"] == trace_id
    (record,) = api.log.records["image-submitted"]
    assert (record.header("traceparent") or "").split("-")[1] == trace_id


async def test_respond_async_answers_202_with_where_to_look(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    answer = await client.post(UPLOAD, files={"image": CAT}, headers=ASYNC)
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    (row,) = api.analyses.requests
    itself = f"/api/v1/analyses/{row.request_id}"
    assert answer.headers["location"] == itself
    assert answer.json() == {
        "request_id": str(row.request_id),
        "state": "accepted",
        "links": {"self": itself, "events": f"{itself}/events"},
    }
    assert (await client.get(itself)).json()["state"] == "completed"


async def test_a_wait_that_ends_without_news_answers_202(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.answer = nothing_yet
    answer = await client.post(UPLOAD, files={"image": CAT}, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=1"


async def test_an_outcome_that_the_tail_missed_is_found_in_the_record(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.answer = nothing_yet

    async def finish(request: Request) -> None:
        await api.analyses.record([analyzed(request)])

    api.analyses.then = finish
    answer = await client.post(UPLOAD, files={"image": CAT}, headers={"Prefer": "wait=1"})
    assert answer.status_code == 200
    assert api.analyses.finds == 1


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_every_format_is_known_by_its_bytes(
    api: TwinApi, client: httpx.AsyncClient, format_name: str
) -> None:
    files = {"image": ("a.exe", picture(format_name), "image/tiff")}
    answer = await client.post(UPLOAD, files=files, headers=ASYNC)
    assert answer.status_code == 202
    (row,) = api.analyses.requests
    assert isinstance(row, ImageSubmitted)
    assert row.content_type == f"image/{format_name.lower()}"


@pytest.mark.parametrize("too_many", [-1, 0, 1])
async def test_the_size_limit_is_exact(
    api: TwinApi, client: httpx.AsyncClient, too_many: int
) -> None:
    files = {"image": jpeg_of_bytes(LIMIT + too_many)}
    answer = await client.post(UPLOAD, files=files, headers=ASYNC)
    if too_many <= 0:
        assert answer.status_code == 202
        return
    body = problem_of(answer, 413, "image_too_large")
    assert (body["field"], body["limit"]) == ("image", LIMIT)
    assert api.is_empty


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (FailureCode.IMAGE_UNDECODABLE, 422),
        (FailureCode.MODEL_UNKNOWN, 422),
        (FailureCode.CANCELLED, 409),
        (FailureCode.DEADLINE_EXCEEDED, 504),
        (FailureCode.INTERNAL_ERROR, 500),
    ],
)
async def test_a_failed_analysis_answers_the_waiting_client(
    api: TwinApi, client: httpx.AsyncClient, code: FailureCode, status: int
) -> None:
    api.answer = lambda request: failed(request, code)
    body = problem_of(await client.post(UPLOAD, files={"image": CAT}), status, code.value)
    assert body["request_id"] == str(api.analyses.requests[0].request_id)
    assert body["detail"] == f"the twin says {code.value}"


async def test_every_failure_code_has_an_answer(api: TwinApi, client: httpx.AsyncClient) -> None:
    for code in FailureCode:
        api.answer = partial(failed, code=code)
        answer = await client.post(UPLOAD, files={"image": CAT})
        problem_of(answer, answer.status_code, code.value)


@pytest.mark.parametrize(
    "prefer",
    ["wait=-1", "wait=61", "wait=x", "wait=", "wait=1.5", "wait=٣", "respond-async, wait=99"],
)
async def test_a_wait_that_is_not_offered_is_refused(
    api: TwinApi, client: httpx.AsyncClient, prefer: str
) -> None:
    answer = await client.post(UPLOAD, files={"image": CAT}, headers={b"Prefer": prefer.encode()})
    body = problem_of(answer, 400, "invalid_preference")
    assert (body["field"], body["limit"]) == ("Prefer", 60)
    assert api.is_empty


async def test_unknown_preferences_are_ignored(client: httpx.AsyncClient) -> None:
    headers = {"Prefer": 'handling=lenient; x, WAIT="5", return=minimal'}
    answer = await client.post(UPLOAD, files={"image": CAT}, headers=headers)
    assert answer.headers["preference-applied"] == "wait=5"


async def test_a_log_that_is_down_is_the_sweepers_affair(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.log.is_down = True
    answer = await client.post(UPLOAD, files={"image": CAT}, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    (row,) = api.analyses.requests
    assert await api.analyses.count_unfinished(10) == 1
    api.log.is_down = False
    api.say(analyzed(row))
    assert (await client.get(answer.headers["location"])).json()["state"] == "completed"
    assert IMAGE_SUBMITTED.name not in {name for name, found in api.log.records.items() if found}

"""A request that is sent again under the same Idempotency-Key is the same request."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ingest_api.settings import ApiSettings
from schemas.events import AnalysisFailed
from schemas.failures import FailureCode
from storage.ports import Request
from tests.support.eventually import eventually
from tests.unit.ingest_api.outcomes import analyzed, failed
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet

UPLOAD, URL = "/api/v1/analyze/upload", "/api/v1/analyze/url"
CAT, DOG = picture(), picture(size=(80, 60))
ADDRESS = "https://example.com/cat.jpg"
NAMED = {"Idempotency-Key": "order-17"}
REPLAYED = "idempotency-replayed"

Send = Callable[..., Coroutine[Any, Any, httpx.Response]]


async def upload(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.post(UPLOAD, files={"image": CAT}, headers=NAMED | headers)


async def url(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.post(URL, json={"image_url": ADDRESS}, headers=NAMED | headers)


DOORS = pytest.mark.parametrize("send", [upload, url])


def announced(api: TwinApi) -> int:
    work = ("image-submitted", "image-requested")
    return sum(len(found) for name, found in api.log.records.items() if name.startswith(work))


@DOORS
async def test_a_repeat_after_the_result_answers_like_the_first(
    api: TwinApi, client: httpx.AsyncClient, send: Send
) -> None:
    first = await send(client)
    row = api.analyses.requests[0]
    await api.analyses.record([analyzed(row)])
    count = announced(api)
    again = await send(client)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert api.analyses.requests == [row]
    assert announced(api) == count
    assert len(api.images.keys) == (send is upload)


@DOORS
async def test_a_name_is_looked_up_once_a_request(
    api: TwinApi, client: httpx.AsyncClient, send: Send
) -> None:
    """Beside what the acceptance itself looks at, in its own statement."""
    await send(client, **ASYNC)
    in_accept = 1
    assert api.analyses.key_finds == 1 + in_accept
    await send(client, **ASYNC)
    assert api.analyses.key_finds == 2 + in_accept


@DOORS
async def test_a_repeat_of_what_is_pending_waits_and_answers_with_the_first(
    api: TwinApi, client: httpx.AsyncClient, send: Send
) -> None:
    api.answer = nothing_yet
    first = await send(client, **ASYNC)
    assert first.status_code == 202
    row = api.analyses.requests[0]
    waiting = [asyncio.create_task(send(client, Prefer="wait=20")) for _ in range(2)]
    await eventually(lambda: api.analyses.finds == 2)
    api.say(analyzed(row))
    for answer in await asyncio.gather(*waiting):
        assert answer.status_code == 200
        assert answer.json()["request_id"] == first.json()["request_id"]
        assert answer.headers[REPLAYED] == "true"
        assert answer.headers["preference-applied"] == "wait=20"
    assert api.analyses.requests == [row]
    assert announced(api) == 1


@DOORS
async def test_a_repeat_that_does_not_wait_is_told_where_to_look(
    api: TwinApi, client: httpx.AsyncClient, send: Send
) -> None:
    api.answer = nothing_yet
    first, again = await send(client, **ASYNC), await send(client, **ASYNC)
    assert again.status_code == 202
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers[REPLAYED] == "true"
    assert announced(api) == 1


@DOORS
async def test_a_repeat_of_what_failed_is_the_same_problem(
    api: TwinApi, client: httpx.AsyncClient, send: Send
) -> None:
    def fail(request: Request) -> AnalysisFailed:
        return failed(request, FailureCode.IMAGE_UNDECODABLE)

    api.answer = fail
    first = problem_of(await send(client), 422, "image_undecodable")
    await api.analyses.record([fail(api.analyses.requests[0])])
    answer = await send(client, **ASYNC)
    again = problem_of(answer, 422, "image_undecodable")
    assert answer.headers[REPLAYED] == "true"
    assert first | {"trace_id": ""} == again | {"trace_id": ""}
    assert len(api.analyses.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"image": DOG},
        {"max_objects": 5},
        {"lane": "bulk"},
        {"deadline_s": 60},
        {"confidence_threshold": "high"},
    ],
    ids="-".join,
)
async def test_another_upload_under_the_same_key_is_refused_and_names_the_first(
    api: TwinApi, client: httpx.AsyncClient, other: dict[str, Any]
) -> None:
    assert (await upload(client, **ASYNC)).status_code == 202
    stored, count = api.images.keys, announced(api)
    texts = {name: str(value) for name, value in other.items() if name != "image"}
    files = {"image": other.get("image", CAT)}
    answer = await client.post(UPLOAD, files=files, data=texts, headers=NAMED | ASYNC)
    body = problem_of(answer, 422, "idempotency_key_reused")
    assert body["field"] == "Idempotency-Key"
    assert body["request_id"] == str(api.analyses.requests[0].request_id)
    assert REPLAYED not in answer.headers
    assert (len(api.analyses.requests), api.images.keys, announced(api)) == (1, stored, count)


@pytest.mark.parametrize(
    "other",
    [
        {"image_url": "https://example.com/dog.jpg"},
        {"labels": ["cat"]},
        {"lane": "bulk"},
        {"deadline_s": 60},
    ],
    ids="-".join,
)
async def test_another_address_under_the_same_key_is_refused_and_names_the_first(
    api: TwinApi, client: httpx.AsyncClient, other: dict[str, Any]
) -> None:
    assert (await url(client, **ASYNC)).status_code == 202
    body = {"image_url": ADDRESS} | other
    answer = await client.post(URL, json=body, headers=NAMED | ASYNC)
    problem = problem_of(answer, 422, "idempotency_key_reused")
    assert problem["request_id"] == str(api.analyses.requests[0].request_id)
    assert len(api.analyses.requests) == 1


async def test_a_key_stands_for_one_request_whatever_the_door(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    await upload(client, **ASYNC)
    problem_of(await url(client, **ASYNC), 422, "idempotency_key_reused")
    assert len(api.analyses.requests) == 1


async def test_what_says_the_same_in_other_words_is_the_same_request(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.answer = nothing_yet
    plain = {"image_url": ADDRESS}
    spelt = {"confidence_threshold": 0.5, "image_url": "https://EXAMPLE.com:443/cat.jpg#x",
             "lane": "interactive", "labels": None}  # fmt: skip
    for body in (plain, spelt):
        answer = await client.post(URL, json=body, headers=NAMED | ASYNC)
        assert answer.status_code == 202
    assert len(api.analyses.requests) == 1


BAD_KEYS = {
    "empty": b"",
    "256 characters": b"x" * 256,
    "control character": b"a\x01b",
    "tab": b"a\tb",
    "delete": b"a\x7fb",
    "space": b"a b",
    "not ascii": "schlüssel".encode(),
    "latin-1": b"\xe9",
}


@DOORS
@pytest.mark.parametrize("name", BAD_KEYS)
async def test_a_key_that_is_none_is_refused_before_the_body_is_read(
    api: TwinApi, client: httpx.AsyncClient, send: Send, name: str
) -> None:
    path = UPLOAD if send is upload else URL
    headers = {b"Idempotency-Key": BAD_KEYS[name], b"Content-Type": b"text/plain"}
    answer = await client.post(path, content=b"not even a form", headers=headers)
    body = problem_of(answer, 400, "invalid_idempotency_key")
    assert (body["field"], body["limit"]) == ("Idempotency-Key", 255)
    assert "255" in body["allowed"]
    assert api.is_empty


async def test_a_key_that_is_given_twice_is_none(api: TwinApi, client: httpx.AsyncClient) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await client.post(URL, json={"image_url": ADDRESS}, headers=headers)
    problem_of(answer, 400, "invalid_idempotency_key")
    assert api.is_empty


@pytest.mark.parametrize("key", ["x", "x" * 255, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"])
async def test_any_printable_key_will_do(api: TwinApi, client: httpx.AsyncClient, key: str) -> None:
    api.answer = nothing_yet
    for _ in range(2):
        answer = await client.post(
            UPLOAD, files={"image": CAT}, headers=ASYNC | {"Idempotency-Key": key}
        )
        assert answer.status_code == 202
    assert len(api.analyses.requests) == 1


async def test_without_a_key_the_same_picture_twice_is_two_requests(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        answer = await client.post(UPLOAD, files={"image": CAT}, headers=ASYNC)
        assert REPLAYED not in answer.headers
    assert len(api.analyses.requests) == 2


async def test_tenants_know_nothing_of_each_others_keys(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    mine = await upload(client, **ASYNC)
    async with api.client("globex") as other:
        theirs = await other.post(UPLOAD, files={"image": DOG}, headers=NAMED | ASYNC)
    assert theirs.status_code == 202
    assert theirs.json()["request_id"] != mine.json()["request_id"]
    assert REPLAYED not in theirs.headers
    assert [row.tenant_id for row in api.analyses.requests] == ["acme", "globex"]


async def test_many_at_once_with_one_key_are_one_request(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.answer = nothing_yet
    answers = await asyncio.gather(*(upload(client, **ASYNC) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["request_id"] for answer in answers}) == 1
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1
    assert len(api.analyses.requests) == 1
    assert announced(api) == 1


async def test_a_key_that_has_expired_names_a_new_request() -> None:
    async with TwinApi(ApiSettings(idempotency_ttl_s=60)).running() as api, api.client() as client:
        api.answer = nothing_yet
        moment = [datetime.now(UTC)]
        api.analyses._now = lambda: moment[0]
        first = await upload(client, **ASYNC)
        moment[0] += timedelta(seconds=50)
        assert (await upload(client, **ASYNC)).json() == first.json()
        moment[0] += timedelta(seconds=20)
        again = await client.post(UPLOAD, files={"image": DOG}, headers=NAMED | ASYNC)
        assert again.status_code == 202
        assert REPLAYED not in again.headers
        assert len(api.analyses.requests) == 2


@DOORS
async def test_postgres_gone_promises_nothing(
    api: TwinApi, client: httpx.AsyncClient, send: Send
) -> None:
    await send(client, **ASYNC)
    api.postgres.is_down = True
    answer = await send(client, **ASYNC)
    problem_of(answer, 503, "dependency_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert len(api.analyses.requests) == 1


async def test_a_request_that_was_refused_leaves_its_key_free(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    files = {"image": b"this is no picture at all"}
    answer = await client.post(UPLOAD, files=files, headers=NAMED)
    problem_of(answer, 422, "image_unsupported")
    assert (await upload(client, **ASYNC)).status_code == 202
    assert len(api.analyses.requests) == 1

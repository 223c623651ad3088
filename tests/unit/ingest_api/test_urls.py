"""POST /api/v1/analyze/url: strict JSON, and addresses that are refused by their text."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from ingest_api.settings import ApiSettings
from schemas.events import ImageRequested
from schemas.failures import FailureCode
from tests.unit.ingest_api.outcomes import failed
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi

URL = "/api/v1/analyze/url"
GOOD = {"image_url": "https://Example.com:443/cat.jpg#x"}
JSON = {"Content-Type": "application/json"}


async def test_the_result_is_the_answer(api: TwinApi, client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={**GOOD, "confidence_threshold": "low", "max_objects": 3})
    assert answer.status_code == 200
    (row,) = api.analyses.requests
    assert isinstance(row, ImageRequested)
    assert row.image_url == "https://example.com/cat.jpg"
    assert (row.options.confidence_threshold, row.options.max_objects) == (0.3, 3)
    assert not api.images.keys


async def test_respond_async(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json=GOOD, headers=ASYNC)
    assert answer.status_code == 202
    assert answer.headers["location"].startswith("/api/v1/analyses/")


@pytest.mark.parametrize(
    "image_url",
    [
        "http://127.0.0.1/a.jpg",
        "http://localhost/a.jpg",
        "http://[::1]/",
        "http://10.0.0.8/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://168.63.129.16/",
        "http://user:secret@example.com/",
        "http://example.com:6379/",
    ],
)
async def test_private_addresses_have_one_code(
    api: TwinApi, client: httpx.AsyncClient, image_url: str
) -> None:
    body = problem_of(
        await client.post(URL, json={"image_url": image_url}), 422, "address_not_allowed"
    )
    assert body["field"] == "image_url"
    assert "detail" not in body
    assert api.is_empty


@pytest.mark.parametrize("host", ["analyzer.example", "api", "Analyzer.Example.:443"])
async def test_its_own_names_are_refused_like_a_private_address(host: str) -> None:
    settings = ApiSettings(allowed_hosts=("api",), public_url="https://analyzer.example/x")
    async with TwinApi(settings).running() as api, api.client() as client:
        asked = {"image_url": f"https://{host}/api/v1/analyses"}
        body = problem_of(await client.post(URL, json=asked), 422, "address_not_allowed")
        assert body["field"] == "image_url"
        assert api.is_empty
        other = {"image_url": "https://pictures.analyzer.example/"}
        assert (await client.post(URL, json=other, headers=ASYNC)).status_code == 202


async def test_an_address_refused_when_fetched_has_the_same_code(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.answer = lambda request: failed(request, FailureCode.ADDRESS_NOT_ALLOWED)
    body = problem_of(await client.post(URL, json=GOOD), 422, "address_not_allowed")
    assert body["request_id"] == str(api.analyses.requests[0].request_id)


@pytest.mark.parametrize(
    "image_url", ["", "cat.jpg", "ftp://example.com/", "file:///etc/passwd", "http://exa mple/"]
)
async def test_what_is_no_url(api: TwinApi, client: httpx.AsyncClient, image_url: str) -> None:
    body = problem_of(await client.post(URL, json={"image_url": image_url}), 422, "invalid_url")
    assert body["field"] == "image_url"
    assert api.is_empty


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"http://example.com/"',
        "\ufeff{}",
        '{"image_url": "http://a.example/", "image_url": "http://b.example/"}',
        '{"image_url": "http://a.example/", "confidence_threshold": NaN}',
        '{"image_url": "http://a.example/", "confidence_threshold": Infinity}',
        '{"image_url": "http://a.example/", "confidence_threshold": 1e999}',
        '{"image_url": "http://a.example/", "max_objects": ' + "9" * 5000 + "}",
        '{"image_url": "http://a.example/", "model": "\\ud800"}',
        '{"image_url": "http://a.example/", "model": "a\\u0000b"}',
        '{"image_url": "http://a.example/", "a\\u0000b": 1}',
        "[" * 30_000,
        '{"labels": ' + "[" * 50 + "]" * 50 + "}",
        '{"image_url": "http://a.example/"} {}',
    ],
)
async def test_json_that_is_not_taken(api: TwinApi, client: httpx.AsyncClient, text: str) -> None:
    problem_of(await client.post(URL, content=text.encode(), headers=JSON), 400, "body_malformed")
    assert api.is_empty


async def test_bytes_that_are_no_text(api: TwinApi, client: httpx.AsyncClient) -> None:
    problem_of(await client.post(URL, content=b'{"\xff": 1}', headers=JSON), 400, "body_malformed")
    assert api.is_empty


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("confidence_threshold", -1),
        ("confidence_threshold", "NaN"),
        ("confidence_threshold", "huge"),
        ("confidence_threshold", True),
        ("confidence_threshold", None),
        ("confidence_threshold", {"a": 1}),
        ("max_objects", "5"),
        ("max_objects", 1.5),
        ("max_objects", 0),
        ("include_metadata", "true"),
        ("include_metadata", 1),
        ("labels", "cat"),
        ("labels", []),
        ("labels", ["unicorn"]),
        ("labels", [1]),
        ("iou_threshold", True),
        ("iou_threshold", "0.5"),
        ("iou_threshold", 7),
        ("model", 5),
        ("deadline_s", 0.5),
        ("deadline_s", True),
        ("deadline_s", -5),
        ("image_url", 5),
        ("image_url", ["http://example.com/"]),
    ],
)
async def test_a_bad_option(
    api: TwinApi, client: httpx.AsyncClient, name: str, value: object
) -> None:
    answer = await client.post(URL, content=json.dumps({**GOOD, name: value}), headers=JSON)
    body = problem_of(answer, 422, "invalid_option")
    assert body["field"] == name
    assert body["allowed"]
    assert api.is_empty


async def test_the_address_is_required(api: TwinApi, client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"max_objects": 5})
    assert problem_of(answer, 422, "invalid_option")["field"] == "image_url"
    assert api.is_empty


async def test_an_unknown_option(api: TwinApi, client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={**GOOD, "tenant_id": "globex"})
    assert problem_of(answer, 422, "unknown_option")["field"] == "tenant_id"
    assert api.is_empty


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "application/json; charset=utf-16"]
)
async def test_a_wrong_content_type(
    api: TwinApi, client: httpx.AsyncClient, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    answer = await client.post(URL, content=json.dumps(GOOD), headers=headers)
    assert problem_of(answer, 415, "content_type_unsupported")["field"] == "Content-Type"
    assert api.is_empty


async def test_a_body_too_large_is_refused_announced_or_not(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    async def spaces() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 10_000

    for content in (b" " * 65_537, spaces()):
        answer = await client.post(URL, content=content, headers=JSON)
        assert problem_of(answer, 413, "body_too_large")["limit"] == 65_536
    assert api.is_empty

"""Hosts, origins and paths, before anybody asks who sends it; and what browsers are told."""

from collections.abc import AsyncIterator
from urllib.parse import unquote

import httpx
import pytest
from pydantic import ValidationError

from ingest_api.settings import ApiSettings
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import TwinApi

EVENTS = "/api/v1/events"
LOOKUP = "/api/v1/analyses/x"
APP = "https://app.example"
NOT_LISTED = (
    "https://evil.example", "null", "https://app.example.evil.example", "http://app.example",
    "https://app.example:444", "https://APP.example", "https://sub.app.example",
    "https://app.example, https://evil.example", "*", "",
)  # fmt: skip


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(
        allowed_hosts=("api", "analyzer.example", "[::1]"),
        cors_origins=(APP, "http://localhost:3000"),
        public_url="https://analyzer.example",
    )


@pytest.fixture
async def stranger(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client(None) as http:
        yield http


@pytest.mark.parametrize(
    "host", ["api", "API", "api:8080", "analyzer.example", "analyzer.example.:443", "[::1]:8080"]
)
async def test_a_name_of_ours(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get(LOOKUP, headers={"Host": host})).status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "api.evil.example", "analyzer.example.evil", "127.0.0.1", "xapi"]
)
async def test_another_name_is_refused_before_the_credential(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, host: str
) -> None:
    for http in (client, stranger):
        problem_of(await http.get(LOOKUP, headers={"Host": host}), 421, "host_unknown")
    assert (await stranger.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["", "api/", "api@evil.example", "a b", "api:port", "api:1,api"])
async def test_what_is_no_host(client: httpx.AsyncClient, host: str) -> None:
    problem_of(await client.get("/health", headers={"Host": host}), 400, "invalid_host")


async def test_an_origin_that_is_listed_may_read(stranger: httpx.AsyncClient) -> None:
    for status, path in ((200, "/health"), (401, EVENTS), (401, "/nowhere")):
        answer = await stranger.get(path, headers={"Origin": APP})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == APP
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_question_of_a_browser_is_answered_without_a_credential(
    stranger: httpx.AsyncClient,
) -> None:
    asked = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    answer = await stranger.options("/api/v1/analyze/url", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == APP
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "*" not in str(answer.headers)


@pytest.mark.parametrize("origin", NOT_LISTED)
async def test_an_origin_that_is_not_listed_learns_nothing(
    stranger: httpx.AsyncClient, origin: str
) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    question = await stranger.options("/api/v1/analyze/url", headers=asked)
    problem_of(question, 401, "unauthenticated")
    for answer in (question, await stranger.get("/health", headers={"Origin": origin})):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["vary"] == "Origin"


async def test_by_default_no_origin_is_listed_and_any_host_is_ours() -> None:
    async with TwinApi(ApiSettings()).running() as api, api.client() as client:
        headers = {"Origin": APP, "Host": "any.example", "Access-Control-Request-Method": "GET"}
        answer = await client.get("/health", headers=headers)
        assert answer.status_code == 200
        assert not {"vary", "access-control-allow-origin"} & set(answer.headers)
        assert "strict-transport-security" not in answer.headers
        question = await client.options(LOOKUP, headers=headers)
        assert question.status_code == 405


@pytest.mark.parametrize(
    "origin", ["*", "null", "app.example", "https://app.example/", "https://*.example", "ftp://a"]
)
def test_an_origin_that_is_none_is_an_error_at_the_start(origin: str) -> None:
    with pytest.raises(ValidationError):
        ApiSettings(cors_origins=(origin,))


@pytest.mark.parametrize("host", ["*", "API", "api:80", "https://api", "", "a b", "api."])
def test_a_host_that_is_none_is_an_error_at_the_start(host: str) -> None:
    with pytest.raises(ValidationError):
        ApiSettings(allowed_hosts=(host,))


@pytest.mark.parametrize("path", ["/health", EVENTS, "/docs", "/asyncapi", "/nowhere"])
async def test_every_answer_tells_browsers_to_be_careful(
    stranger: httpx.AsyncClient, path: str
) -> None:
    headers = (await stranger.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/HEALTH", "/health/", "//health", "/./health", "/x/../health", "/%68ealth", "/health%2f",
        "/health;a", "/health%00", "/health%20", "/.health", "\\health", "/health#", "/metrics/",
        "/API/v1/events", "//api/v1/events", "/api//v1/events", "/api/v1/events/",
        "/api/v1/%65vents", "/api/v1/events%2e", "/api/v1/x/%2e%2e/events", "/api/v1/events;x=y",
        "/api/v1/analyses/x%2fcancel", "/api/v1/analyses/x%252fcancel",
    ],
)  # fmt: skip
async def test_a_path_in_disguise_needs_a_credential_and_is_none(api: TwinApi, path: str) -> None:
    """Sent as it is here, for clients tidy paths up."""
    for method in ("GET", "POST"):
        assert await status_of(api, method, path, b"") == 401
        assert await status_of(api, method, path, b"Bearer acme-key") in {404, 405}
    assert api.is_empty


async def status_of(api: TwinApi, method: str, path: str, key: bytes) -> int:
    """Decoded and raw path as the server hands them over."""
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"host", b"api")] + ([(b"authorization", key)] if key else [])
    scope = {
        "type": "http", "method": method, "path": unquote(path),
        "raw_path": path.encode(), "query_string": b"", "headers": headers, "root_path": "",
        "scheme": "http", "http_version": "1.1", "server": ("api", 80), "client": ("10.0.0.1", 1),
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    await api.app(scope, receive, send)
    return statuses[0]

"""Nobody gets in without a key that is in the store; and nobody's body is read before."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from ingest_api.credentials import CredentialChecker, Given
from ingest_api.errors import RefusedError
from ingest_api.policies import POLICIES, Access
from ingest_api.settings import ApiSettings
from storage.key_format import is_well_formed, mint_api_key
from storage.known_keys import KnownKeys
from tests.unit.ingest_api.failing_stores import ApiKeys, Switch
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi

UPLOAD = "/api/v1/analyze/upload"
BAD = {
    "nothing": {},
    "wrong key": {"Authorization": "Bearer wrong"},
    "wrong scheme": {"Authorization": "Basic acme-key"},
    "no scheme": {"Authorization": "acme-key"},
    "empty bearer": {"Authorization": "Bearer "},
    "wrong header key": {"X-API-Key": "wrong"},
    "empty header key": {"X-API-Key": ""},
    "bad bearer beside a good key": {"Authorization": "Bearer x", "X-API-Key": "acme-key"},
    "half a key": {"Authorization": "Bearer acme-ke"},
    "long": {"Authorization": "Bearer " + "a" * 2000},
    "not ascii": {"Authorization": "Bearer kéy"},
}


class Body:
    """Remembers whether anybody read it."""

    def __init__(self) -> None:
        self.was_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.was_read = True
        yield b"x"


@pytest.mark.parametrize("name", BAD)
async def test_without_a_valid_key_no_byte_of_the_body_is_read(api: TwinApi, name: str) -> None:
    body = Body()
    headers = {key.encode(): value.encode("latin-1") for key, value in BAD[name].items()}
    async with api.client(None) as client:
        answer = await client.post(UPLOAD, content=body, headers=headers)
    problem_of(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert not body.was_read
    assert api.is_empty


async def test_every_401_says_the_same(api: TwinApi) -> None:
    bodies = set()
    async with api.client(None) as client:
        for bad in BAD.values():
            headers = {key.encode(): value.encode("latin-1") for key, value in bad.items()}
            said = (await client.get("/api/v1/events", headers=headers)).json()
            said.pop("trace_id")
            bodies.add(json.dumps(said, sort_keys=True))
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer acme-key"}, {"Authorization": "bearer  acme-key"},
     {"X-API-Key": "acme-key"}],
)  # fmt: skip
async def test_a_key_is_taken_in_either_header(api: TwinApi, headers: dict[str, str]) -> None:
    async with api.client(None) as client:
        files = {"image": picture()}
        answer = await client.post(UPLOAD, files=files, headers=headers | ASYNC)
    assert answer.status_code == 202
    assert api.analyses.requests[0].tenant_id == "acme"


async def test_without_keys_nobody_gets_in() -> None:
    async with TwinApi(ApiSettings(), keys={}).running() as twin, twin.client("acme") as client:
        problem_of(await client.get("/api/v1/events"), 401, "unauthenticated")
        assert (await client.get("/health")).status_code == 200


async def test_every_path_but_the_public_ones_asks_for_a_key(api: TwinApi) -> None:
    async with api.client(None) as client:
        for (method, path), policy in POLICIES.items():
            answer = await client.request(method, path)
            assert (answer.status_code == 401) == (policy.access is Access.TENANT), path
        for path in ("/nowhere", "/health/", "/docs/", "//health", "/HEALTH", "/admin"):
            problem_of(await client.get(path), 401, "unauthenticated")


async def test_an_announced_length_over_the_limit_is_refused_unread(api: TwinApi) -> None:
    body = Body()
    async with api.client() as client:
        length = {"Content-Length": str(15_000_000 + 64 * 1024 + 1)}
        answer = await client.post(UPLOAD, content=body, headers=length)
        refused = problem_of(answer, 413, "image_too_large")
        assert (refused["field"], refused["limit"]) == ("image", 15_000_000)
        for text in ("-1", "1.5", "x", "1, 2"):
            answer = await client.post(UPLOAD, content=body, headers={"Content-Length": text})
            problem_of(answer, 400, "body_malformed")
    assert not body.was_read


async def test_headers_have_a_limit(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/events", headers={"X-Much": "x" * 20_000})
    assert problem_of(answer, 431, "headers_too_large")["limit"] == 16 * 1024
    many = {f"X-{number}": "" for number in range(101)}
    answer = await client.get("/api/v1/events", headers=many)
    assert problem_of(answer, 431, "headers_too_large")["limit"] == 100


async def test_postgres_gone_lets_remembered_keys_in_and_asks_others_to_come_back(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/api/v1/analyses/x")).status_code == 404
    api.postgres.is_down = True
    assert (await client.get("/api/v1/analyses/x")).status_code == 404
    async with api.client("globex") as other:
        answer = await other.get("/api/v1/analyses/x")
        problem_of(answer, 503, "dependency_unavailable")
        assert int(answer.headers["retry-after"]) > 0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_keys_are_remembered_for_a_while_and_guesses_for_less(api: TwinApi) -> None:
    clock = Clock()
    keys = KnownKeys(api.api_keys, hit_s=30, miss_s=2, may_be_key=bool, now=clock)
    checker = CredentialChecker(keys)
    for _ in range(3):
        assert (await checker.check(Given("Bearer acme-key", None))).tenant_id == "acme"
        with pytest.raises(RefusedError):
            await checker.check(Given("Bearer guess", None))
    assert api.api_keys.lookups == 2
    clock.now += 3
    with pytest.raises(RefusedError):
        await checker.check(Given("Bearer guess", None))
    await checker.check(Given("Bearer acme-key", None))
    assert api.api_keys.lookups == 3
    clock.now += 28
    await checker.check(Given("Bearer acme-key", None))
    assert api.api_keys.lookups == 4


def mistyped(key: str, place: int) -> str:
    """The key with another digit at that place."""
    return key[:place] + ("1" if key[place] != "1" else "2") + key[place + 1 :]


async def test_the_store_is_not_asked_about_what_can_be_no_key() -> None:
    key = mint_api_key()
    typos = [mistyped(key, place) for place in (0, 10, len(key) - 1)]
    wrong = ["guess", "aia_", key[:-1], f"{key}x", f"{key} {key}", "é" * len(key), *typos]
    async with TwinApi(
        ApiSettings(), keys={"acme": key}, may_be_key=is_well_formed
    ).running() as api:
        refused = [await said_to(api, text) for text in wrong]
        assert api.api_keys.lookups == 0
        unknown = await said_to(api, mint_api_key())
        assert api.api_keys.lookups == 1
        assert refused == [unknown] * len(wrong)
        assert unknown["status"] == 401
        assert (await said_to(api, key))["status"] == 404


async def said_to(api: TwinApi, key: str) -> dict[str, object]:
    """The problem, but for its trace."""
    headers = {b"authorization": f"Bearer {key}".encode("latin-1")}
    async with api.client(None) as client:
        problem = (await client.get("/api/v1/analyses/x", headers=headers)).json()
    return {name: value for name, value in problem.items() if name != "trace_id"}


async def test_guesses_do_not_fill_the_memory() -> None:
    keys = KnownKeys(ApiKeys(Switch("postgres")), hit_s=30, miss_s=2, may_be_key=bool)
    checker = CredentialChecker(keys)
    for number in range(12_000):
        with pytest.raises(RefusedError):
            await checker.check(Given(None, f"guess-{number}"))
    assert len(keys._misses._entries) == 10_000

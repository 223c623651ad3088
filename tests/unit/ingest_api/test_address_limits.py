"""Who is not known is counted by address: guesses, logins and pages that are for everybody."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ingest_api.limit_asks import LOGIN_PATH, ask_of_address
from ingest_api.limit_settings import AddressLimits, Limits
from ingest_api.policies import POLICIES
from storage.audit_events import Action, AuditQuery
from storage.key_format import mint_api_key
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import TwinApi

UNKNOWN = "/api/v1/analyses/x"


@pytest.fixture
def limits() -> Limits:
    return Limits(
        addresses=AddressLimits(anonymous_per_minute=5, login_per_minute=3, refused_per_minute=4)
    )


def stranger(api: TwinApi, address: str, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(api.app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)


@pytest.fixture
async def guesser(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    async with stranger(api, "203.0.113.7", Authorization="Bearer guess") as client:
        yield client


async def test_guesses_are_counted_and_then_answered_otherwise(
    api: TwinApi, guesser: httpx.AsyncClient
) -> None:
    for number in range(4):
        headers = {"Authorization": f"Bearer guess-{number}", "X-Forwarded-For": f"1.1.1.{number}"}
        problem_of(await guesser.get(UNKNOWN, headers=headers), 401, "unauthenticated")
    answer = await guesser.get(UNKNOWN)
    body = problem_of(answer, 429, "rate_limited")
    assert (body["field"], answer.headers["retry-after"]) == ("refused", "15")
    assert "www-authenticate" not in answer.headers
    api.limit_store.shared.now += 15
    problem_of(await guesser.get(UNKNOWN), 401, "unauthenticated")


async def test_a_good_key_from_the_same_address_passes(
    api: TwinApi, guesser: httpx.AsyncClient
) -> None:
    for _ in range(10):
        await guesser.get(UNKNOWN)
    good = {"Authorization": "Bearer acme-key"}
    assert (await guesser.get(UNKNOWN, headers=good)).status_code == 404


async def test_other_addresses_are_others(api: TwinApi, guesser: httpx.AsyncClient) -> None:
    for _ in range(10):
        await guesser.get(UNKNOWN)
    async with stranger(api, "203.0.113.8") as other:
        problem_of(await other.get(UNKNOWN), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_an_address_counts_for_its_network(address: str, network: str) -> None:
    scope = {"type": "http", "method": "GET", "path": "/docs", "client": (address, 1)}
    assert ask_of_address(scope, Limits()).subject == f"anonymous/{network}"


async def test_pages_for_everybody_are_counted_by_address(
    api: TwinApi, guesser: httpx.AsyncClient
) -> None:
    for _ in range(5):
        answer = await guesser.get("/asyncapi.json")
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"anonymous";q=5;w=60'
    problem_of(await guesser.get("/openapi.json"), 429, "rate_limited")
    assert (await guesser.get("/health")).status_code == 200


async def test_attempts_to_log_in_are_few_and_none_without_redis(
    api: TwinApi, guesser: httpx.AsyncClient
) -> None:
    assert ("POST", LOGIN_PATH) in POLICIES
    for _ in range(3):
        answer = await guesser.post(LOGIN_PATH, content=b"{")
        assert answer.status_code not in {200, 429}
        assert answer.headers["ratelimit-policy"] == '"login";q=3;w=60'
    problem_of(await guesser.post(LOGIN_PATH, content=b"{"), 429, "rate_limited")
    api.limit_store.switch.is_down = True
    problem_of(await guesser.post(LOGIN_PATH, content=b"{"), 503, "dependency_unavailable")


async def test_what_is_malformed_before_anybody_is_known_is_counted(
    api: TwinApi, guesser: httpx.AsyncClient
) -> None:
    for _ in range(4):
        assert (await guesser.get(UNKNOWN, headers={"X": "x" * 20_000})).status_code == 431
    problem_of(await guesser.get(UNKNOWN, headers={"X": "x" * 20_000}), 429, "rate_limited")


async def test_guesses_are_audited_once_a_minute_without_what_was_guessed(
    api: TwinApi, guesser: httpx.AsyncClient
) -> None:
    canary = mint_api_key()
    for _ in range(3):
        headers = {"Authorization": f"Bearer {canary}", "X-API-Key": canary}
        await guesser.get(f"/api/v1/analyses/{canary}?token={canary}", headers=headers)
    (entry,) = await api.audit.find(AuditQuery(action=Action.AUTH_FAILED))
    assert (entry.event.address, entry.event.outcome) == ("203.0.113.7", "refused")
    assert entry.event.trace_id
    assert canary[4:] not in repr(entry)


async def test_what_a_role_may_not_is_audited(api: TwinApi) -> None:
    async with api.client() as client:
        assert (await client.get("/api/v1/keys")).status_code == 403
    (entry,) = await api.audit.find(AuditQuery(action=Action.AUTHZ_DENIED))
    event = entry.event
    assert (event.tenant_id, event.actor.name, event.target) == (
        "acme", "key-acme", "GET /api/v1/keys",
    )  # fmt: skip

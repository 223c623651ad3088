"""Keys made, listed and revoked over HTTP; what a key may do and from where."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import uuid4

import httpx
import pytest

from ingest_api.credentials import CredentialChecker, Given
from ingest_api.errors import RefusedError
from ingest_api.grants import check_grant
from ingest_api.policies import Access, Policy
from ingest_api.scope import Principal
from ingest_api.settings import ApiSettings
from schemas.roles import Role
from schemas.scopes import SCOPES
from storage.key_format import is_well_formed
from storage.known_keys import KnownKeys
from storage.ports import ApiKey, KeyNote
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi

KEYS = "/api/v1/keys"
ADMIN = ApiKey("key-admin", "acme", Role.ADMIN)


@pytest.fixture
def settings() -> ApiSettings:
    """Nothing is remembered: what is revoked is so at once."""
    return ApiSettings(auth_cache_s=0, auth_miss_cache_s=0)


@pytest.fixture
async def admin(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    async with await api.let_in("admin-key", ADMIN) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} | ASYNC


async def test_a_key_is_shown_once_and_works(api: TwinApi, admin: httpx.AsyncClient) -> None:
    answer = await admin.post(KEYS, json={"name": "shop"})
    assert answer.status_code == 201
    made = answer.json()
    assert is_well_formed(made["key"])
    async with api.client(None) as client:
        used = await client.get("/api/v1/analyses/x", headers=bearer(made["key"]))
        assert used.status_code == 404
    listed = await admin.get(KEYS)
    assert made["key"] not in listed.text
    mine = next(key for key in listed.json()["keys"] if key["key_id"] == made["key_id"])
    assert mine["prefix"] == made["key"][:8]
    assert (mine["role"], mine["scopes"], mine["created_by"]) == ("analyst", [], "key-admin")
    assert mine["last_used_at"] is not None


async def test_a_revoked_key_lets_nobody_in(api: TwinApi, admin: httpx.AsyncClient) -> None:
    made = (await admin.post(KEYS, json={"name": "shop"})).json()
    path = f"{KEYS}/{made['key_id']}"
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.delete(path)).status_code == 204
    async with api.client(None) as client:
        answer = await client.get("/api/v1/analyses/x", headers=bearer(made["key"]))
        problem_of(answer, 401, "unauthenticated")


async def test_an_expired_key_lets_nobody_in(api: TwinApi, admin: httpx.AsyncClient) -> None:
    soon = datetime.now(UTC) + timedelta(milliseconds=300)
    made = await admin.post(KEYS, json={"name": "shop", "expires_at": soon.isoformat()})
    assert made.status_code == 201
    async with api.client(None) as client:
        while datetime.now(UTC) < soon:
            await client.get("/health")
        answer = await client.get("/api/v1/analyses/x", headers=bearer(made.json()["key"]))
        problem_of(answer, 401, "unauthenticated")


async def test_a_tenant_may_have_so_many_keys_that_work() -> None:
    async with (
        TwinApi(ApiSettings(max_keys=3)).running() as api,
        await api.let_in("admin-key", ADMIN) as admin,
    ):
        made = (await admin.post(KEYS, json={"name": "third"})).json()
        body = problem_of(await admin.post(KEYS, json={"name": "fourth"}), 409, "too_many_keys")
        assert body["limit"] == 3
        names = [key["name"] for key in (await admin.get(KEYS)).json()["keys"]]
        assert names[0] == "third"
        assert len(names) == 3
        assert (await admin.delete(f"{KEYS}/{made['key_id']}")).status_code == 204
        assert (await admin.post(KEYS, json={"name": "fourth"})).status_code == 201


async def test_a_list_of_keys_is_bounded() -> None:
    async with (
        TwinApi(ApiSettings(max_keys=3)).running() as api,
        await api.let_in("admin-key", ADMIN) as admin,
    ):
        for number in range(1010):
            key = ApiKey(f"key-{number}", "acme")
            await api.api_keys.add_api_key(key, uuid4().bytes * 2, note=KeyNote("t"))
            await api.api_keys.revoke_api_key("acme", key.key_id)
        listed = (await admin.get(KEYS)).json()["keys"]
        assert len(listed) == 1003
        assert {key["key_id"] for key in listed[:2]} == {"key-admin", "key-acme"}


async def test_another_tenants_key_is_an_unknown_one(
    api: TwinApi, admin: httpx.AsyncClient
) -> None:
    foreign = problem_of(await admin.delete(f"{KEYS}/key-globex"), 404, "not_found")
    unknown = problem_of(await admin.delete(f"{KEYS}/key-nobody"), 404, "not_found")
    del foreign["trace_id"], unknown["trace_id"]
    assert foreign == unknown
    assert "globex" not in (await admin.get(KEYS)).text
    async with api.client("globex") as client:
        assert (await client.get("/api/v1/analyses/x")).status_code == 404


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        ({}, "invalid_option", "name"),
        ({"name": "x", "role": "root"}, "invalid_option", "role"),
        ({"name": "x", "scopes": ["everything"]}, "invalid_option", "scopes"),
        ({"name": "x", "networks": ["10.0.0.1/8"]}, "invalid_option", "networks"),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "invalid_option", "expires_at"),
        ({"name": "x", "expires_at": "tomorrow"}, "invalid_option", "expires_at"),
        ({"name": "x", "tenant_id": "globex"}, "unknown_option", "tenant_id"),
        ({"name": "x", "key_id": "key-globex"}, "unknown_option", "key_id"),
        ({"name": "two\nlines"}, "invalid_option", "name"),
    ],
)
async def test_a_wish_that_is_wrong_is_refused(
    admin: httpx.AsyncClient, wish: dict[str, object], code: str, field: str
) -> None:
    before = (await admin.get(KEYS)).json()
    assert problem_of(await admin.post(KEYS, json=wish), 422, code)["field"] == field
    assert len((await admin.get(KEYS)).json()["keys"]) == len(before["keys"])


@pytest.mark.parametrize(
    ("scopes", "passes"),
    [([], False), (["keys", "users"], False), (["keys"], True), (["keys", "read"], True)],
)
async def test_nobody_mints_more_scopes_than_its_own(
    api: TwinApi, scopes: list[str], passes: bool
) -> None:
    narrow = ApiKey("key-narrow", "acme", Role.ADMIN, frozenset({"keys", "read"}))
    async with await api.let_in("narrow", narrow) as client:
        answer = await client.post(KEYS, json={"name": "x", "role": "admin", "scopes": scopes})
    if passes:
        assert answer.status_code == 201
    else:
        assert problem_of(answer, 403, "forbidden")["field"] == "scopes"


@pytest.mark.parametrize("own", list(Role))
@pytest.mark.parametrize("given", list(Role))
def test_nobody_gives_a_role_above_its_own(own: Role, given: Role) -> None:
    if given <= own:
        check_grant(Principal("acme", "k", own), given, frozenset())
    else:
        with pytest.raises(RefusedError, match="above your own"):
            check_grant(Principal("acme", "k", own), given, frozenset())


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_scope_narrows_what_the_role_allows(api: TwinApi, scope: str) -> None:
    key = ApiKey("key-s", "acme", Role.ADMIN, frozenset({scope}))
    asked = {
        "read": ("GET", "/api/v1/analyses/x", 404),
        "analyze": ("POST", "/api/v1/analyses/x/cancel", 404),
        "keys": ("GET", KEYS, 200),
    }
    async with await api.let_in("scoped", key) as client:
        for needed, (method, path, status) in asked.items():
            answer = await client.request(method, path)
            if needed == scope:
                assert answer.status_code == status
            else:
                refused = problem_of(answer, 403, "forbidden")
                assert (refused["field"], refused["allowed"]) == ("scope", needed)


@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [
        ("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("2001:db8::1", True),
        ("11.0.0.1", False), ("2001:db9::1", False), ("", False), ("unix:", False), (None, False),
    ],
)  # fmt: skip
async def test_a_key_with_networks_comes_from_nowhere_else(
    api: TwinApi, address: str | None, is_let_in: bool
) -> None:
    networks = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    await api.let_in("bound", ApiKey("key-b", "acme", networks=networks))
    checker = CredentialChecker(KnownKeys(api.api_keys, hit_s=30, miss_s=2, may_be_key=bool))
    given = Given("Bearer bound", None, address)
    assert await checker.still_valid(given, lambda _: None) == is_let_in
    if not is_let_in:
        with pytest.raises(RefusedError, match="unauthenticated"):
            await checker.check(given)


async def test_a_credential_that_may_no_more_is_no_more_valid(api: TwinApi) -> None:
    checker = CredentialChecker(KnownKeys(api.api_keys, hit_s=0, miss_s=0, may_be_key=bool))
    given = Given("Bearer acme-key", None)
    operators = Policy(Access.TENANT, Role.OPERATOR)
    assert await checker.still_valid(given, Policy(Access.TENANT, Role.ANALYST).check)
    assert not await checker.still_valid(given, operators.check)
    api.postgres.is_down = True
    assert await checker.still_valid(given, operators.check), "an outage revokes nothing"

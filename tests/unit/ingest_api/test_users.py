"""People of a tenant over HTTP: added, listed, changed, removed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from ingest_api.settings import ApiSettings
from schemas.roles import Role
from storage.ports import ApiKey
from storage.users import User
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import AUTH, PASSWORD, enrol, log_in, tokens_of, who
from tests.unit.ingest_api.twin_api import TwinApi

USERS = "/api/v1/users"
BOSS = ApiKey("key-boss", "acme", Role.ADMIN)
NEW_PASSWORD = "another long password"


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(auth_cache_s=0, auth_miss_cache_s=0)


@pytest.fixture
async def api(settings: ApiSettings) -> AsyncIterator[TwinApi]:
    async with TwinApi(settings, auth=AUTH).running() as twin:
        yield twin


@pytest.fixture
async def root(api: TwinApi) -> User:
    return await enrol(api, "root", Role.ADMIN)


@pytest.fixture
async def admin(api: TwinApi, root: User) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client(None) as client:
        token = (await tokens_of(client, root.login))["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


async def test_a_person_is_added_and_logs_in(admin: httpx.AsyncClient) -> None:
    wish = {"username": "bob", "password": PASSWORD, "role": "analyst"}
    answer = await admin.post(USERS, json=wish)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["login"], made["role"], made["disabled_at"]) == ("bob@acme", "analyst", None)
    assert "password" not in answer.text
    me = await who(admin, (await tokens_of(admin, "bob@acme"))["access_token"])
    assert me.json()["user_id"] == made["user_id"]
    listed = (await admin.get(USERS)).json()["users"]
    assert [user["username"] for user in listed] == ["bob", "root"]


async def test_a_name_is_taken_once(admin: httpx.AsyncClient) -> None:
    wish = {"username": "root", "password": PASSWORD}
    assert problem_of(await admin.post(USERS, json=wish), 409, "username_taken")


async def test_a_tenant_may_have_so_many_people_and_its_list_is_bounded() -> None:
    settings = ApiSettings(max_users=2)
    async with TwinApi(settings).running() as api, await api.let_in("boss", BOSS) as boss:
        wish = {"password": PASSWORD, "role": "analyst"}
        assert (await boss.post(USERS, json=wish | {"username": "a"})).status_code == 201
        assert (await boss.post(USERS, json=wish | {"username": "b"})).status_code == 201
        answer = await boss.post(USERS, json=wish | {"username": "c"})
        assert problem_of(answer, 409, "too_many_users")["limit"] == 2
        for number in range(1010):
            user = User(uuid4(), "acme", f"n{number}", Role.VIEWER, datetime.now(UTC))
            await api.users.add_user(user, "hash")
        assert len((await boss.get(USERS)).json()["users"]) == 1002


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"username": "Bob"}, "invalid_option", "username"),
        ({"username": "a@b"}, "invalid_option", "username"),
        ({"password": "short"}, "invalid_option", "password"),
        ({"password": "x" * 129}, "invalid_option", "password"),
        ({"role": "root"}, "invalid_option", "role"),
        ({"tenant_id": "globex"}, "unknown_option", "tenant_id"),
        ({"user_id": str(uuid4())}, "unknown_option", "user_id"),
        ({"tier": "premium"}, "unknown_option", "tier"),
    ],
)
async def test_a_wish_that_is_wrong_is_refused(
    admin: httpx.AsyncClient, changes: dict[str, str], code: str, field: str
) -> None:
    wish = {"username": "bob", "password": PASSWORD} | changes
    answer = await admin.post(USERS, json=wish)
    assert problem_of(answer, 422, code)["field"] == field
    assert changes.get("password", "nothing") not in answer.text
    assert len((await admin.get(USERS)).json()["users"]) == 1


async def test_role_state_and_password_are_changed(api: TwinApi, admin: httpx.AsyncClient) -> None:
    bob = await enrol(api, "bob", Role.VIEWER)
    path = f"{USERS}/{bob.user_id}"
    changed = await admin.patch(path, json={"role": "operator", "password": NEW_PASSWORD})
    assert changed.json()["role"] == "operator"
    problem_of(await log_in(admin, "bob@acme"), 401, "unauthenticated")
    assert (await log_in(admin, "bob@acme", NEW_PASSWORD)).status_code == 200
    assert (await admin.patch(path, json={"disabled": True})).json()["disabled_at"] is not None
    problem_of(await log_in(admin, "bob@acme", NEW_PASSWORD), 401, "unauthenticated")
    assert (await admin.patch(path, json={"disabled": False})).json()["disabled_at"] is None
    assert (await admin.patch(path, json={})).json()["role"] == "operator"
    assert (await admin.delete(path)).status_code == 204
    problem_of(await admin.delete(path), 404, "not_found")


@pytest.mark.parametrize("change", [{"role": "operator"}, {"disabled": True}, None])
async def test_the_last_administrator_stays(
    api: TwinApi, admin: httpx.AsyncClient, root: User, change: dict[str, object] | None
) -> None:
    path = f"{USERS}/{root.user_id}"

    async def leave() -> httpx.Response:
        return await (admin.delete(path) if change is None else admin.patch(path, json=change))

    problem_of(await leave(), 409, "last_admin")
    assert (await admin.get(USERS)).status_code == 200
    await enrol(api, "second", Role.ADMIN)
    assert (await leave()).status_code in {200, 204}
    assert (await admin.get(USERS)).status_code in {401, 403}


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_another_tenants_person_is_an_unknown_one(
    api: TwinApi, admin: httpx.AsyncClient, method: str
) -> None:
    eve = await enrol(api, "eve", Role.VIEWER, "globex")
    said = []
    for user_id in (eve.user_id, uuid4(), "no-id"):
        answer = await admin.request(method, f"{USERS}/{user_id}", json={"disabled": True})
        refused = problem_of(answer, 404, "not_found")
        del refused["trace_id"]
        said.append(refused)
    assert said[0] == said[1] == said[2]
    assert await api.users.find_user("globex", eve.user_id) == eve
    assert "eve" not in (await admin.get(USERS)).text


@pytest.mark.parametrize(
    ("role", "passes"), [("viewer", True), ("analyst", True), ("operator", False), ("admin", False)]
)
async def test_a_narrowed_key_makes_nobody_who_may_more(
    api: TwinApi, root: User, role: str, *, passes: bool
) -> None:
    scopes = frozenset({"users", "read", "analyze"})
    narrow = ApiKey("key-narrow", "acme", Role.ADMIN, scopes)
    other = await enrol(api, "other", Role.named(role))
    async with await api.let_in("narrow", narrow) as client:
        wish = {"username": "bob", "password": PASSWORD, "role": role}
        created = await client.post(USERS, json=wish)
        took_over = await client.patch(f"{USERS}/{other.user_id}", json={"password": NEW_PASSWORD})
    assert created.status_code == (201 if passes else 403)
    assert took_over.status_code == (200 if passes else 403)
    assert (await api.users.find_user("acme", root.user_id)) == root

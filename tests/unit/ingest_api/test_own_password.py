"""People change their own password: who knows the present one, and nobody else."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ingest_api.auth_settings import AuthSettings
from ingest_api.settings import ApiSettings
from schemas.roles import Role
from storage.audit_events import Action, AuditQuery
from storage.passwords import hash_password
from storage.ports import ApiKey
from storage.users import User
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import AUTH, PASSWORD, enrol, log_in, tokens_of, who
from tests.unit.ingest_api.twin_api import TwinApi

PATH = "/api/v1/users/me/password"
NEW = "another long password"
WISH = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def auth() -> AuthSettings:
    return AUTH


@pytest.fixture
async def api(auth: AuthSettings) -> AsyncIterator[TwinApi]:
    settings = ApiSettings(auth_cache_s=0, auth_miss_cache_s=0)
    async with TwinApi(settings, auth=auth).running() as twin:
        yield twin


@pytest.fixture
async def alice(api: TwinApi) -> User:
    return await enrol(api, role=Role.VIEWER)


@pytest.fixture
async def client(api: TwinApi, alice: User) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client(None) as http:
        token = (await tokens_of(http, alice.login))["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http


async def outcomes(api: TwinApi) -> list[tuple[str, str, str]]:
    noted = await api.audit.find(AuditQuery(action=Action.PASSWORD_CHANGED))
    return [(one.event.outcome, one.event.actor.name, one.event.target) for one in noted]


async def test_the_new_one_works_and_everything_of_before_is_over(
    api: TwinApi, client: httpx.AsyncClient, alice: User
) -> None:
    other = await tokens_of(client)
    answer = await client.post(PATH, json=WISH)
    assert (answer.status_code, answer.content) == (204, b"")
    problem_of(await client.get("/api/v1/auth/me"), 401, "unauthenticated")
    problem_of(await who(client, other["access_token"]), 401, "unauthenticated")
    refresh = {"refresh_token": other["refresh_token"]}
    problem_of(await client.post("/api/v1/auth/refresh", json=refresh), 401, "unauthenticated")
    problem_of(await log_in(client), 401, "unauthenticated")
    assert (await log_in(client, password=NEW)).status_code == 200
    me = f"user_{alice.user_id}"
    assert await outcomes(api) == [("done", me, me)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"current_password": "a wrong password"}, "current_password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "x" * 129}, "new_password"),
        ({"new_password": PASSWORD}, "new_password"),
        ({"current_password": ""}, "current_password"),
    ],
)
async def test_what_is_wrong_changes_nothing(
    client: httpx.AsyncClient, changes: dict[str, str], field: str
) -> None:
    answer = await client.post(PATH, json=WISH | changes)
    assert problem_of(answer, 422, "invalid_option")["field"] == field
    assert not any(text and text in answer.text for text in (WISH | changes).values())
    assert (await client.get("/api/v1/auth/me")).status_code == 200
    assert (await log_in(client)).status_code == 200


async def test_whose_it_is_cannot_be_said(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json=WISH | {"user_id": "x"})
    assert problem_of(answer, 422, "unknown_option")["field"] == "user_id"


async def test_guesses_count_as_tries_to_log_in(
    api: TwinApi, client: httpx.AsyncClient, alice: User
) -> None:
    wrong = WISH | {"current_password": "a wrong password"}
    for _ in range(5):
        problem_of(await client.post(PATH, json=wrong), 422, "invalid_option")
    answer = await client.post(PATH, json=WISH)
    assert problem_of(answer, 429, "rate_limited")["field"] == "account"
    assert int(answer.headers["retry-after"]) == 1
    problem_of(await log_in(client), 429, "rate_limited")
    assert [outcome for outcome, _, _ in await outcomes(api)] == ["refused"] * 5
    found = await api.users.find_login("acme", "alice")
    assert found is not None
    assert found[0] == alice


async def test_a_key_has_no_password(api: TwinApi) -> None:
    async with await api.let_in("admin", ApiKey("key-admin", "acme", Role.ADMIN)) as admin:
        refused = problem_of(await admin.post(PATH, json=WISH), 403, "forbidden")
    assert (refused["field"], refused["allowed"]) == ("credential", "user")


async def test_who_is_overtaken_changes_nothing(
    api: TwinApi, client: httpx.AsyncClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator replaces a password that was stolen while the thief does the same."""
    replaced = hash_password("set by the administrator")
    real = api.users.find_login

    async def find_login(tenant_id: str, username: str) -> tuple[User, str] | None:
        found = await real(tenant_id, username)
        await api.users.set_password("acme", alice.user_id, replaced)
        return found

    monkeypatch.setattr(api.users, "find_login", find_login)
    answer = await client.post(PATH, json=WISH)
    assert problem_of(answer, 422, "invalid_option")["field"] == "current_password"
    assert await real("acme", "alice") == (alice, replaced)

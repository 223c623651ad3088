"""Logging in, exchanging tokens, logging out; and how soon a change of a person shows."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key

from ingest_api.auth_keys import UnusableKeyError, key_ring
from ingest_api.auth_settings import AuthSettings
from ingest_api.settings import ApiSettings
from schemas.roles import Role
from storage.audit_events import Action, AuditQuery
from storage.users import User, UserChanges
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import (
    AUTH,
    ED25519,
    OTHER_ED25519,
    P256,
    PASSWORD,
    PASSWORD_HASH,
    enrol,
    log_in,
    pem,
    public_pem,
    tokens_of,
    who,
)
from tests.unit.ingest_api.stream_client import StreamClient
from tests.unit.ingest_api.twin_api import TwinApi

P384 = generate_private_key(SECP384R1())
REFRESH, REVOKE, ME = "/api/v1/auth/refresh", "/api/v1/auth/revoke", "/api/v1/auth/me"


@pytest.fixture
def settings() -> ApiSettings:
    """Nothing is remembered, and streams look often: changes show at once."""
    return ApiSettings(auth_cache_s=0, auth_miss_cache_s=0, stream_ping_s=0.02)


@pytest.fixture
async def api(settings: ApiSettings) -> AsyncIterator[TwinApi]:
    async with TwinApi(settings, auth=AUTH).running() as twin:
        yield twin


@pytest.fixture
async def alice(api: TwinApi) -> User:
    return await enrol(api)


@pytest.fixture
async def client(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client(None) as http:
        yield http


async def test_a_login_gives_tokens_that_work(client: httpx.AsyncClient, alice: User) -> None:
    pair = await tokens_of(client)
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 900)
    me = (await who(client, pair["access_token"])).json()
    assert (me["tenant_id"], me["role"], me["scopes"]) == ("acme", "analyst", [])
    assert (me["user_id"], me["credential"]) == (str(alice.user_id), f"user_{alice.user_id}")


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("alice@acme", "wrong password"), ("bob@acme", PASSWORD), ("alice@globex", PASSWORD),
        ("alice", PASSWORD), ("@acme", PASSWORD), ("alice@", PASSWORD), ("alice@acme@acme", "x"),
        ("disabled@acme", PASSWORD), ("alice@acme\u202e", PASSWORD), ("alice@acme", PASSWORD + " "),
    ],
)  # fmt: skip
async def test_a_login_that_is_wrong_says_nothing_of_why(
    api: TwinApi, client: httpx.AsyncClient, alice: User, username: str, password: str
) -> None:
    disabled = await enrol(api, "disabled")
    await api.users.change_user("acme", disabled.user_id, UserChanges(is_disabled=True))
    refused = problem_of(await log_in(client, username, password), 401, "unauthenticated")
    stranger = problem_of(await client.get(ME), 401, "unauthenticated")
    del refused["trace_id"], stranger["trace_id"]
    assert refused == stranger
    assert alice.disabled_at is None


async def test_an_unknown_name_takes_as_long_as_a_known_one(
    client: httpx.AsyncClient, alice: User
) -> None:
    async def took(username: str) -> float:
        began = time.perf_counter()
        assert (await log_in(client, username, "wrong password")).status_code == 401
        return time.perf_counter() - began

    assert alice.username == "alice"
    await took("nobody@acme")  # the hash that stands in for nobody's is made once
    shares = [await took("nobody@acme") / await took("alice@acme") for _ in range(3)]
    assert max(shares) > 0.5, "without a hash to work out it is a hundredth, each time"


async def test_a_refresh_token_is_exchanged(client: httpx.AsyncClient, alice: User) -> None:
    first = await tokens_of(client)
    answer = await client.post(REFRESH, json={"refresh_token": first["refresh_token"]})
    second = answer.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["refresh_expires_at"] == first["refresh_expires_at"], "a session does not grow"
    me = (await who(client, second["access_token"])).json()
    assert me["user_id"] == str(alice.user_id)


async def test_a_second_use_ends_the_whole_family(
    api: TwinApi, client: httpx.AsyncClient, alice: User
) -> None:
    first = await tokens_of(client)
    other = await tokens_of(client)
    second = (await client.post(REFRESH, json={"refresh_token": first["refresh_token"]})).json()
    again = await client.post(REFRESH, json={"refresh_token": first["refresh_token"]})
    problem_of(again, 401, "unauthenticated")
    answer = await client.post(REFRESH, json={"refresh_token": second["refresh_token"]})
    problem_of(answer, 401, "unauthenticated")
    for pair in (first, second):
        problem_of(await who(client, pair["access_token"]), 401, "unauthenticated")
    assert (await who(client, other["access_token"])).status_code == 200
    (noted,) = await api.audit.find(AuditQuery(action=Action.TOKEN_REUSED))
    assert noted.event.actor.name == f"user_{alice.user_id}"


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
@pytest.mark.usefixtures("alice")
async def test_logging_out(client: httpx.AsyncClient, which: str) -> None:
    pair = await tokens_of(client)
    for _ in range(2):
        answer = await client.post(REVOKE, json={"token": pair[which]})
        assert (answer.status_code, answer.content) == (204, b"")
    problem_of(await who(client, pair["access_token"]), 401, "unauthenticated")
    refreshed = await client.post(REFRESH, json={"refresh_token": pair["refresh_token"]})
    assert refreshed.status_code == (401 if which == "refresh_token" else 200)


@pytest.mark.parametrize("token", ["x", "a.b.c", "air_acme." + "x" * 43, "aia_" + "x" * 36])
async def test_revoking_what_is_no_token_answers_the_same(
    client: httpx.AsyncClient, token: str
) -> None:
    assert (await client.post(REVOKE, json={"token": token})).status_code == 204


@pytest.mark.parametrize("act", ["disable", "password", "remove"])
async def test_whoever_is_put_out_is_out(
    api: TwinApi, client: httpx.AsyncClient, alice: User, act: str
) -> None:
    pair = await tokens_of(client)
    async with StreamClient(api.app, "/api/v1/events", key=pair["access_token"]) as stream:
        assert (await stream.next()).event == "connected"
        if act == "disable":
            await api.users.change_user("acme", alice.user_id, UserChanges(is_disabled=True))
        elif act == "password":
            await api.users.set_password("acme", alice.user_id, PASSWORD_HASH)
        else:
            await api.users.remove_user("acme", alice.user_id)
        problem_of(await who(client, pair["access_token"]), 401, "unauthenticated")
        refreshed = await client.post(REFRESH, json={"refresh_token": pair["refresh_token"]})
        problem_of(refreshed, 401, "unauthenticated")
        while (frame := await stream.next()).event != "credential-revoked":
            assert frame.event == "", "nothing but pings"
        await stream.ended()


@pytest.mark.parametrize("act", ["disable", "password", "remove"])
async def test_a_login_that_is_overtaken_lets_nobody_in(
    api: TwinApi, client: httpx.AsyncClient, alice: User, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """An administrator puts a thief out while the password that was stolen is looked at."""
    real = api.users.find_login

    async def find_login(tenant_id: str, username: str) -> tuple[User, str] | None:
        found = await real(tenant_id, username)
        if act == "disable":
            await api.users.change_user("acme", alice.user_id, UserChanges(is_disabled=True))
        elif act == "password":
            await api.users.set_password("acme", alice.user_id, "another hash")
        else:
            await api.users.remove_user("acme", alice.user_id)
        return found

    monkeypatch.setattr(api.users, "find_login", find_login)
    refused = problem_of(await log_in(client), 401, "unauthenticated")
    stranger = problem_of(await client.get(ME), 401, "unauthenticated")
    del refused["trace_id"], stranger["trace_id"]
    assert refused == stranger
    (noted,) = await api.audit.find(AuditQuery(action=Action.LOGIN_FAILED))
    assert noted.event.target == f"user_{alice.user_id}"


async def test_whoever_is_demoted_may_less(
    api: TwinApi, client: httpx.AsyncClient, alice: User
) -> None:
    token = (await tokens_of(client))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    cancel = "/api/v1/analyses/x/cancel"
    assert (await client.post(cancel, headers=headers)).status_code == 404
    await api.users.change_user("acme", alice.user_id, UserChanges(role=Role.VIEWER))
    problem_of(await client.post(cancel, headers=headers), 403, "forbidden")
    assert (await client.get("/api/v1/analyses/x", headers=headers)).status_code == 404


async def test_what_is_remembered_is_forgotten_within_half_a_minute(alice: User) -> None:
    settings = ApiSettings()
    assert settings.auth_cache_s + settings.stream_ping_s <= 60
    with pytest.raises(ValueError, match="less than or equal to 30"):
        ApiSettings(auth_cache_s=31)
    with pytest.raises(ValueError, match="less than or equal to 30"):
        ApiSettings(stream_ping_s=31)
    assert alice.role is Role.ANALYST


async def test_nobody_logs_in_without_a_signing_key() -> None:
    async with TwinApi(ApiSettings()).running() as api, api.client(None) as client:
        await enrol(api)
        problem_of(await log_in(client), 503, "login_closed")
        answer = await client.post(REFRESH, json={"refresh_token": "air_acme." + "x" * 43})
        problem_of(answer, 503, "login_closed")
        assert (await client.get("/.well-known/jwks.json")).json() == {"keys": []}
        foreign = jwt.encode({"sub": "x"}, ED25519, "EdDSA", headers={"kid": "x"})
        problem_of(await who(client, foreign), 401, "unauthenticated")


@pytest.mark.parametrize("private", [ED25519, P256], ids=["EdDSA", "ES256"])
async def test_anybody_can_verify_with_the_published_keys(private: Any) -> None:
    auth = AuthSettings(signing_key=pem(private), issuer="us", audience="them")
    async with TwinApi(ApiSettings(), auth=auth).running() as api, api.client(None) as client:
        await enrol(api)
        token = (await tokens_of(client))["access_token"]
        published = await client.get("/.well-known/jwks.json")
    assert "d" not in published.json()["keys"][0]
    header = jwt.get_unverified_header(token)
    key = jwt.PyJWKSet.from_dict(published.json())[header["kid"]]
    claims = jwt.decode(token, key, audience="them", issuer="us")
    assert header["typ"] == "at+jwt"
    assert claims["exp"] - claims["iat"] == 900
    assert claims["token_use"] == "access"
    assert "role" not in claims, "roles are read from the record"


@pytest.mark.parametrize("previous", [pem(ED25519), public_pem(ED25519)])
async def test_while_keys_change_tokens_of_before_are_good(previous: Any) -> None:
    async with TwinApi(ApiSettings(), auth=AUTH).running() as before:
        await enrol(before)
        async with before.client(None) as client:
            old = (await tokens_of(client))["access_token"]
    changed = AuthSettings(signing_key=pem(OTHER_ED25519), previous_key=previous)
    for auth, status in ((changed, 200), (AuthSettings(signing_key=pem(OTHER_ED25519)), 401)):
        twin = TwinApi(ApiSettings(), auth=auth, people=before.people)
        async with twin.running() as after, after.client(None) as client:
            assert (await who(client, old)).status_code == status
            new = (await tokens_of(client))["access_token"]
            assert (await who(client, new)).status_code == 200
            assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"signing_key": "nonsense"}, "signing_key: is no unencrypted PEM key"),
        ({"signing_key": public_pem(ED25519)}, "signing_key: is a public key"),
        ({"signing_key": pem(ED25519), "previous_key": "x"}, "previous_key: is no unencrypted"),
        ({"signing_key": pem(P384)}, "signing_key: must be an Ed25519 or P-256 key"),
    ],
)
def test_a_key_that_cannot_be_used_is_an_error_at_the_start(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnusableKeyError, match=said) as caught:
        key_ring(AuthSettings(**settings))
    assert "nonsense" not in str(caught.value)


def test_settings_that_contradict_each_other_are_refused() -> None:
    whole = {"oidc_issuer": "https://idp", "oidc_audience": "us", "oidc_jwks_url": "https://idp/k"}
    AuthSettings.model_validate(whole)
    for name in whole:
        with pytest.raises(ValueError, match="or none"):
            AuthSettings.model_validate({key: value for key, value in whole.items() if key != name})
    with pytest.raises(ValueError, match="our own issuer"):
        AuthSettings.model_validate({**whole, "oidc_issuer": "image-analyzer"})
    with pytest.raises(ValueError, match="signing_key is not"):
        AuthSettings(previous_key=pem(ED25519))
    with pytest.raises(ValueError, match="should match pattern"):
        AuthSettings.model_validate({**whole, "oidc_jwks_url": "http://idp/k"})
    assert "PRIVATE" not in repr(AUTH)

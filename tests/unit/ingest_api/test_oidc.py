"""Tokens of somebody else's issuer: let in by its keys, which strangers cannot make us fetch."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import RSAAlgorithm

from ingest_api.auth_oidc import ForeignTokens, IssuerKeys
from ingest_api.auth_people import KnownPeople
from ingest_api.auth_settings import AuthSettings
from ingest_api.settings import ApiSettings
from storage.errors import StoreUnavailableError
from storage.tokens_memory import MemoryTokenStore
from storage.users_memory import MemoryUserStore
from tests.contract.storage.people import person
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import ED25519, enrol, pem, tokens_of, who
from tests.unit.ingest_api.twin_api import TwinApi

ISSUER = "https://idp.example"
FIRST, SECOND = (generate_private_key(65537, 2048) for _ in range(2))
AUTH = AuthSettings(
    signing_key=pem(ED25519), oidc_issuer=ISSUER, oidc_audience="analyzer",
    oidc_jwks_url=f"{ISSUER}/keys", oidc_tenant_claim="org", oidc_role_claim="roles",
)  # fmt: skip


class Issuer:
    """Counts how often it is asked; `keys` is what it publishes, None an outage. It answers while
    `is_open` is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.keys: dict[str, Any] | None = {"first": FIRST}
        self.is_asked, self.is_open = asyncio.Event(), asyncio.Event()
        self.is_open.set()

    async def fetch(self) -> bytes:
        self.asked += 1
        self.is_asked.set()
        await self.is_open.wait()
        if self.keys is None:
            raise ConnectionError("the issuer does not answer")
        listed = [
            RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid}
            for kid, key in self.keys.items()
        ]
        secret = {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}
        return json.dumps({"keys": [*listed, secret, {"kty": "EC"}, 7]}).encode()

    def token(
        self, *, by: Any = FIRST, kid: str = "first", typ: str = "at+jwt", **claims: Any
    ) -> str:
        now = int(time.time())
        payload = {
            "iss": ISSUER, "aud": ["other", "analyzer"], "sub": "carol", "jti": "their-jti",
            "iat": now, "exp": now + 600, "org": "acme", "roles": ["unknown", "viewer", "analyst"],
        } | claims  # fmt: skip
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, by, "RS256", headers={"kid": kid, "typ": typ})


@asynccontextmanager
async def running(
    issuer: Issuer, *, miss_s: float = 0
) -> AsyncIterator[tuple[TwinApi, httpx.AsyncClient]]:
    settings = ApiSettings(auth_cache_s=0, auth_miss_cache_s=miss_s)
    twin = TwinApi(settings, auth=AUTH, fetch_issuer_keys=issuer.fetch)
    async with twin.running() as api, api.client(None) as client:
        await enrol(api)
        yield api, client


async def test_a_token_of_the_issuer_is_let_in() -> None:
    issuer = Issuer()
    async with running(issuer) as (_, client):
        me = (await who(client, issuer.token())).json()
        assert (me["tenant_id"], me["role"], me["credential"]) == ("acme", "analyst", "oidc_carol")
        assert me["user_id"] is None
        assert (await who(client, issuer.token(roles="admin"))).json()["role"] == "admin"
        own = (await tokens_of(client))["access_token"]
        assert (await who(client, own)).status_code == 200
    assert issuer.asked == 1


BAD: dict[str, dict[str, Any]] = {
    "another key": {"by": SECOND},
    "unknown kid": {"kid": "nobody"},
    "symmetric kid": {"kid": "secret"},
    "ID token": {"typ": "JWT"},
    "other issuer": {"iss": "https://evil.example"},
    "our own issuer": {"iss": "image-analyzer"},
    "other audience": {"aud": "other"},
    "too long": {"exp": int(time.time()) + 7200},
    "no role": {"roles": None},
    "no known role": {"roles": ["god"]},
    "role no name": {"roles": {"admin": True}},
    "no tenant": {"org": None},
    "tenant no name": {"org": "No Tenant"},
    "tenant list": {"org": ["acme"]},
    "tenant nobody knows": {"org": "nobody"},
    "no jti": {"jti": None},
    "no exp": {"exp": None},
    "no sub": {"sub": None},
}


@pytest.mark.parametrize("name", BAD)
async def test_a_token_that_is_not_good_is_refused(name: str) -> None:
    issuer = Issuer()
    async with running(issuer) as (_, client):
        answer = await who(client, issuer.token(**BAD[name]))
        problem_of(answer, 401, "unauthenticated")


async def test_a_token_of_theirs_can_be_revoked_here() -> None:
    issuer = Issuer()
    async with running(issuer) as (api, client):
        token = issuer.token()
        assert (await who(client, token)).status_code == 200
        await api.tokens.revoke_token("acme", "their-jti", await _far(api))
        assert (await who(client, token)).status_code == 200, "that is a jti of ours"
        await api.tokens.revoke_token("acme", "oidc:their-jti", await _far(api))
        problem_of(await who(client, token), 401, "unauthenticated")


async def _far(api: TwinApi) -> Any:
    return (await api.users.list_users("acme"))[0].created_at


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_strangers_cannot_make_us_ask_more_than_once_a_minute() -> None:
    issuer, clock = Issuer(), Clock()
    keys = IssuerKeys(issuer.fetch, algorithm="RS256", now=clock)
    for number in range(100):
        assert await keys.find(f"kid-{number}") is None
    assert await keys.find("first") is not None
    assert issuer.asked == 1
    clock.now += 59
    assert await keys.find("second") is None
    assert issuer.asked == 1
    clock.now += 2
    assert issuer.keys is not None
    issuer.keys["second"] = SECOND
    assert await keys.find("second") is not None
    assert issuer.asked == 2


async def test_a_retired_key_is_refused_and_an_outage_changes_nothing() -> None:
    issuer, clock = Issuer(), Clock()
    keys = IssuerKeys(issuer.fetch, algorithm="RS256", now=clock)
    assert await keys.find("first") is not None
    issuer.keys = None
    clock.now += 700
    assert await keys.find("first") is not None
    issuer.keys = {"second": SECOND}
    assert await keys.find("first") is not None, "it was asked a moment ago"
    clock.now += 61
    assert await keys.find("first") is None
    assert issuer.asked == 3


async def test_all_that_come_while_the_first_keys_are_fetched_are_let_in() -> None:
    issuer = Issuer()
    issuer.is_open.clear()
    async with running(issuer, miss_s=10) as (_, client):
        tokens = [issuer.token(jti=f"jti-{number}") for number in range(5)]
        asking = [asyncio.create_task(who(client, token)) for token in tokens]
        await issuer.is_asked.wait()
        late = asyncio.create_task(who(client, tokens[0]))
        issuer.is_open.set()
        answers = await asyncio.gather(*asking, late)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert issuer.asked == 1


async def test_a_new_key_is_waited_for_by_all_who_have_it() -> None:
    issuer, clock = Issuer(), Clock()
    keys = IssuerKeys(issuer.fetch, algorithm="RS256", now=clock)
    assert await keys.find("first") is not None
    clock.now += 61
    issuer.keys = {"first": FIRST, "second": SECOND}
    issuer.is_asked.clear()
    issuer.is_open.clear()
    leaving, staying = (asyncio.create_task(keys.find("second")) for _ in range(2))
    await issuer.is_asked.wait()
    assert await keys.find("first") is not None, "who has a key does not wait"
    leaving.cancel()
    await asyncio.wait([leaving])
    issuer.is_open.set()
    assert await staying is not None
    assert issuer.asked == 2


async def test_while_the_issuer_does_not_answer_nobody_can_tell() -> None:
    issuer = Issuer()
    issuer.keys = None
    async with running(issuer, miss_s=10) as (_, client):
        for _ in range(3):
            answer = await who(client, issuer.token())
            problem_of(answer, 503, "dependency_unavailable")
            assert int(answer.headers["retry-after"]) > 0
        for wrong in (issuer.token(iss="image-analyzer"), "a.b.c"):
            problem_of(await who(client, wrong), 401, "unauthenticated")
        assert issuer.asked == 1


async def test_an_outage_that_is_over_leaves_nothing_behind() -> None:
    issuer, clock = Issuer(), Clock()
    keys = IssuerKeys(issuer.fetch, algorithm="RS256", now=clock)
    users = MemoryUserStore()
    await users.add_user(person(), "hash")
    people = KnownPeople(
        own=None, foreign=ForeignTokens(keys, AUTH), store=MemoryTokenStore(users),
        hit_s=30, miss_s=10,
        clock=lambda: datetime.now(UTC), monotonic=lambda: 0.0,
    )  # fmt: skip
    token, known = issuer.token(), issuer.keys
    issuer.keys = None
    with pytest.raises(StoreUnavailableError, match="issuer is unavailable"):
        await people.find(token)
    issuer.keys = known
    clock.now += 61
    assert await people.find(token) is not None


async def test_an_unknown_key_after_an_outage_is_one_nobody_can_tell_of() -> None:
    issuer, clock = Issuer(), Clock()
    keys = IssuerKeys(issuer.fetch, algorithm="RS256", now=clock)
    assert await keys.find("second") is None
    issuer.keys = None
    clock.now += 61
    with pytest.raises(StoreUnavailableError):
        await keys.find("second")
    assert await keys.find("first") is not None
    issuer.keys = {"second": SECOND}
    clock.now += 61
    assert await keys.find("second") is not None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"keys": 7}', b'{"keys": [' + b"1," * 20 + b"1]}", b"{" * 9000]
)
async def test_a_key_set_that_is_none_is_no_answer(body: bytes) -> None:
    async def fetch() -> bytes:
        return body

    with pytest.raises(StoreUnavailableError):
        await IssuerKeys(fetch, algorithm="RS256").find("first")

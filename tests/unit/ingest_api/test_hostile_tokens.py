"""Tokens that nobody issued: each is the same 401, and none makes the API ask anybody anything."""

import base64
import hashlib
import hmac
import json
import math
import socket
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ingest_api.auth_keys import key_ring
from ingest_api.settings import ApiSettings
from storage.tokens import hash_refresh_token
from tests.contract.storage.people import session_of
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import (
    AUTH,
    ED25519,
    OTHER_ED25519,
    PASSWORD_HASH,
    enrol,
    public_pem,
    tokens_of,
    who,
)
from tests.unit.ingest_api.twin_api import TwinApi

Payload = dict[str, Any]


@cache
def kid() -> str:
    ring = key_ring(AUTH)
    assert ring is not None
    return ring().signing.kid


def header(**changes: object) -> Payload:
    return {"alg": "EdDSA", "typ": "at+jwt", "kid": kid()} | changes


def public_pem_bytes() -> bytes:
    return public_pem(ED25519).get_secret_value().encode()


def public_bytes(encoding: Encoding, form: PublicFormat) -> bytes:
    return ED25519.public_key().public_bytes(encoding, form)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(payload: object, head: object = None, *, by: Any = ED25519) -> str:
    """Signed for good, whatever it says: of the library nothing is asked."""
    parts = [head if head is not None else header(), payload]
    text = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{b64(by.sign(text.encode()))}"


def signed_text(payload: str) -> str:
    text = f"{b64(json.dumps(header()).encode())}.{b64(payload.encode())}"
    return f"{text}.{b64(ED25519.sign(text.encode()))}"


def hs256(payload: Payload, secret: bytes) -> str:
    parts = [header(alg="HS256"), payload]
    text = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def without(name: str) -> Callable[[Payload], str]:
    return lambda good: signed({key: value for key, value in good.items() if key != name})


def saying(**changes: object) -> Callable[[Payload], str]:
    return lambda good: signed(good | changes)


def headed(**changes: object) -> Callable[[Payload], str]:
    return lambda good: signed(good, header(**changes))


def timed(**offsets: int) -> Callable[[Payload], str]:
    """Seconds from the moment at which the token is made."""
    return lambda good: signed(
        good | {name: int(time.time()) + offset for name, offset in offsets.items()}
    )


HOSTILE: dict[str, Callable[[Payload], str]] = {
    "alg none": lambda good: f"{signed(good, header(alg='none')).rpartition('.')[0]}.",
    "alg None": lambda good: f"{signed(good, header(alg='None')).rpartition('.')[0]}.",
    "no signature": lambda good: f"{signed(good).rpartition('.')[0]}.",
    "HS256 with the public PEM": lambda good: hs256(good, public_pem_bytes()),
    "HS256 with the public DER": lambda good: hs256(
        good, public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ),
    "HS256 with the public bytes": lambda good: hs256(
        good, public_bytes(Encoding.Raw, PublicFormat.Raw)
    ),
    "another key under our kid": lambda good: signed(good, by=OTHER_ED25519),
    "signature of another token": lambda good: (
        f"{signed(good | {'jti': 'x'}).rpartition('.')[0]}.{signed(good).rpartition('.')[2]}"
    ),
    "alg of another key": headed(alg="ES256"),
    **{f"no {name}": without(name) for name in (
        "aud", "iss", "exp", "iat", "nbf", "sub", "jti", "sid", "tenant", "token_use",
    )},
    "other aud": saying(aud="somebody-else"),
    "prefix of aud": saying(aud="image"),
    "aud list with more": saying(aud=["image-analyzer", "somebody-else"]),
    "aud list": saying(aud=["image-analyzer"]),
    "other iss": saying(iss="https://evil.example"),
    "iss with more": saying(iss="image-analyzer.evil.example"),
    "iss list": saying(iss=["image-analyzer"]),
    "expired": timed(iat=-2000, nbf=-2000, exp=-1100),
    "exp in ten years": timed(exp=315_360_000),
    "exp beyond the cap": timed(exp=1000),
    "exp 1e30": saying(exp=1e30),
    "exp text": lambda good: signed(good | {"exp": str(int(time.time()) + 100)}),
    "exp list": lambda good: signed(good | {"exp": [int(time.time()) + 100]}),
    "exp infinite": lambda good: signed(good | {"exp": math.inf}),
    "exp NaN": lambda good: signed(good | {"exp": math.nan}),
    "iat in the future": timed(iat=600, exp=900),
    "nbf in the future": timed(nbf=36_000),
    "iat long past": timed(iat=-100_000),
    "iat text": saying(iat="now"),
    "sub integer": saying(sub=7),
    "sub of nobody": lambda good: signed(good | {"sub": str(uuid4())}),
    "sub no uuid": saying(sub="alice"),
    "sid of nobody": lambda good: signed(good | {"sid": str(uuid4())}),
    "sid list": saying(sid=[]),
    "jti integer": saying(jti=7),
    "jti empty": saying(jti=""),
    "jti long": saying(jti="x" * 1000),
    "tenant of others": saying(tenant="globex"),
    "tenant list": saying(tenant=["acme"]),
    "tenant SQL": saying(tenant="acme' OR '1'='1"),
    "refresh token as JWT": saying(token_use="refresh"),
    "ID token": headed(typ="JWT"),
    "no typ": headed(typ=None),
    "kid path": headed(kid="../../../../dev/null"),
    "kid SQL": headed(kid="x' UNION SELECT 'key"),
    "kid integer": headed(kid=7),
    "kid list": lambda good: signed(good, header(kid=[kid()])),
    "kid absent": lambda good: signed(good, {"alg": "EdDSA", "typ": "at+jwt"}),
    "kid of nobody": headed(kid="nobody"),
    "crit unknown": headed(crit=["exp2"], exp2=1),
    "payload no object": lambda _: signed([1, 2]),
    "payload no JSON": lambda _: signed_text("{"),
    "payload deep": lambda _: signed_text("[" * 2500 + "]" * 2500),
    "header deep": lambda _: f"{b64(b'[' * 5000)}.e30.e30",
    "header no object": lambda good: signed(good, [1]),
    "header null": lambda _: "bnVsbA.e30.e30",
    "dots": lambda _: "..",
    "no base64": lambda _: "é.é.é",
    "long": lambda good: signed(good | {"padding": "x" * 9000}),
}  # fmt: skip


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(auth_cache_s=0, auth_miss_cache_s=0)


@pytest.fixture
async def api(settings: ApiSettings) -> AsyncIterator[TwinApi]:
    async with TwinApi(settings, auth=AUTH).running() as twin:
        yield twin


@pytest.fixture
async def client(api: TwinApi) -> AsyncIterator[httpx.AsyncClient]:
    async with api.client(None) as http:
        yield http


@pytest.fixture
async def good(api: TwinApi) -> Payload:
    """The claims of a token that is good, for a session of alice."""
    session = session_of(await enrol(api))
    begun = await api.tokens.begin_session(
        session, hash_refresh_token("x"), password_hash=PASSWORD_HASH
    )
    assert begun
    return {
        "iss": "image-analyzer", "aud": "image-analyzer", "sub": str(session.user_id),
        "jti": "jti", "sid": str(session.session_id), "tenant": "acme", "token_use": "access",
        "iat": int(time.time()), "nbf": int(time.time()), "exp": int(time.time()) + 900,
    }  # fmt: skip


async def test_the_good_one_is_good(client: httpx.AsyncClient, good: Payload) -> None:
    assert (await who(client, signed(good))).status_code == 200


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_the_same_401(
    client: httpx.AsyncClient, good: Payload, name: str
) -> None:
    headers = {b"authorization": f"Bearer {HOSTILE[name](good)}".encode("latin-1")}
    answer = await client.get("/api/v1/auth/me", headers=headers)
    refused = problem_of(answer, 401, "unauthenticated")
    stranger = problem_of(await client.get("/api/v1/auth/me"), 401, "unauthenticated")
    del refused["trace_id"], stranger["trace_id"]
    assert refused == stranger


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk"])
async def test_a_key_that_a_token_brings_is_not_fetched(
    client: httpx.AsyncClient, good: Payload, member: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
        own = jwt.algorithms.OKPAlgorithm.to_jwk(OTHER_ED25519.public_key(), as_dict=True)
        brought = own if member == "jwk" else address
        token = signed(good, header(**{member: brought, "kid": "theirs"}), by=OTHER_ED25519)
        problem_of(await who(client, token), 401, "unauthenticated")
        with pytest.raises(TimeoutError):
            listener.accept()


async def test_a_refresh_token_is_no_access_token(api: TwinApi, client: httpx.AsyncClient) -> None:
    await enrol(api)
    pair = await tokens_of(client)
    problem_of(await who(client, pair["refresh_token"]), 401, "unauthenticated")
    body = {"refresh_token": pair["access_token"][:200]}
    problem_of(await client.post("/api/v1/auth/refresh", json=body), 401, "unauthenticated")


async def test_a_token_is_taken_in_one_header_alone(
    client: httpx.AsyncClient, good: Payload
) -> None:
    token = signed(good)
    answer = await client.get("/api/v1/auth/me", headers={"X-API-Key": token})
    problem_of(answer, 401, "unauthenticated")
    answer = await client.get(f"/api/v1/auth/me?access_token={token}")
    problem_of(answer, 401, "unauthenticated")
    body = {"Cookie": f"access_token={token}"}
    problem_of(await client.get("/api/v1/auth/me", headers=body), 401, "unauthenticated")

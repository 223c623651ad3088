"""Somebody else's issuer on a real TLS server: its tokens are let in when its certificate proves
who it is, and not otherwise."""

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from ingest_api.auth_settings import AuthSettings
from ingest_api.auth_wiring import issuer_keys_fetcher
from ingest_api.settings import ApiSettings
from schemas.contract import canonical_json
from tests.integration.outbound.listener import Listener, ok, redirect
from tests.support.authority import Authority
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import ED25519, enrol, pem, who
from tests.unit.ingest_api.twin_api import TwinApi

ISSUER = "https://idp.example"
KEY = generate_private_key(SECP256R1())
KEYS = canonical_json(
    {"keys": [ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "theirs"}]}
)


def token() -> str:
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER, "aud": "analyzer", "sub": "carol", "jti": "a-jti",
        "iat": now, "exp": now + 600, "tenant": "acme", "role": "viewer",
    }  # fmt: skip
    return jwt.encode(claims, KEY, "ES256", headers={"kid": "theirs", "typ": "at+jwt"})


@asynccontextmanager
async def trusting(authority: Authority | None, port: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that believes this authority about the issuer at that port."""
    auth = AuthSettings(
        signing_key=pem(ED25519),
        oidc_issuer=ISSUER,
        oidc_audience="analyzer",
        oidc_jwks_url=f"https://127.0.0.1:{port}/keys",
        oidc_algorithm="ES256",
        oidc_allow_networks=(ip_network("127.0.0.1/32"),),
        oidc_ca_file=None if authority is None else authority.file,
    )
    fetch = issuer_keys_fetcher(auth)
    twin = TwinApi(ApiSettings(), auth=auth, fetch_issuer_keys=fetch)
    async with twin.running() as api, api.client(None) as client:
        await enrol(api)
        yield client


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


async def test_its_tokens_are_let_in(authority: Authority) -> None:
    issuer = Listener(ok(KEYS), tls=authority.server("127.0.0.1"))
    async with issuer, trusting(authority, issuer.port) as client:
        me = await who(client, token())
        assert (me.status_code, me.json()["tenant_id"]) == (200, "acme")
        assert (await who(client, token())).status_code == 200
        assert issuer.connections == 1
        assert issuer.requests[0].startswith(b"GET /keys HTTP/1.1\r\n")


@pytest.mark.parametrize("fault", ["expired", "other name", "other authority", "public only"])
async def test_a_certificate_that_proves_nothing_lets_nobody_in(
    authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    stranger = Authority(tmp_path / "stranger")
    servers: dict[str, ssl.SSLContext] = {
        "expired": authority.server("127.0.0.1", is_expired=True),
        "other name": authority.server("idp.example", "127.0.0.2"),
        "other authority": stranger.server("127.0.0.1"),
        "public only": authority.server("127.0.0.1"),
    }
    trusted = None if fault == "public only" else authority
    issuer = Listener(ok(KEYS), tls=servers[fault])
    async with issuer, trusting(trusted, issuer.port) as client:
        problem_of(await who(client, token()), 503, "dependency_unavailable")
        assert "the certificate does not prove the name" in capsys.readouterr().out
        assert issuer.received_bytes == 0, "nothing is said to who cannot prove its name"


async def test_a_redirect_is_not_followed(authority: Authority) -> None:
    server = authority.server("127.0.0.1")
    async with Listener(ok(KEYS), tls=server) as other:
        to_other = redirect(f"https://127.0.0.1:{other.port}/keys".encode())
        issuer = Listener(to_other, tls=server)
        async with issuer, trusting(authority, issuer.port) as client:
            problem_of(await who(client, token()), 503, "dependency_unavailable")
        assert (issuer.connections, other.connections) == (1, 0)


def test_an_authority_that_is_not_there_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="oidc_ca_file"):
        AuthSettings.model_validate({"oidc_ca_file": tmp_path / "nothing.pem"})

"""The keys of another issuer come over TLS, by the guarded client, or not at all."""

from ipaddress import ip_network

import pytest

from ingest_api.auth_settings import AuthSettings
from ingest_api.auth_wiring import issuer_keys_fetcher
from outbound.errors import OutboundError
from tests.integration.outbound.listener import Listener, ok


def settings_for(port: int, *, is_allowed: bool) -> AuthSettings:
    networks = (ip_network("127.0.0.1/32"),) if is_allowed else ()
    return AuthSettings(
        oidc_issuer="https://idp", oidc_audience="us",
        oidc_jwks_url=f"https://127.0.0.1:{port}/keys", oidc_allow_networks=networks,
    )  # fmt: skip


async def test_a_private_address_is_not_asked() -> None:
    async with Listener(ok(b"{}")) as listener:
        fetch = issuer_keys_fetcher(settings_for(listener.port, is_allowed=False))
        assert fetch is not None
        with pytest.raises(OutboundError):
            await fetch()
        assert listener.connections == 0


async def test_without_a_good_certificate_nothing_is_taken() -> None:
    async with Listener(ok(b'{"keys":[]}')) as listener:
        fetch = issuer_keys_fetcher(settings_for(listener.port, is_allowed=True))
        assert fetch is not None
        with pytest.raises(OutboundError):
            await fetch()
        await listener.all_left()
        assert listener.connections == 1
        assert not any(b"GET" in sent for sent in listener.requests), "nothing in the clear"


def test_without_an_issuer_nobody_is_asked() -> None:
    assert issuer_keys_fetcher(AuthSettings()) is None

"""Settings to what reads tokens: our own, and those of somebody else's issuer."""

import ssl
from datetime import timedelta

from pydantic import SecretStr

from ingest_api.account_names import AccountNames
from ingest_api.auth import OwnTokens
from ingest_api.auth_keys import key_ring
from ingest_api.auth_oidc import Fetch, ForeignTokens, IssuerKeys
from ingest_api.auth_settings import AuthSettings
from ingest_api.auth_tokens import AccessTokens
from ingest_api.login_throttle import LoginThrottle
from ingest_api.parts import ApiParts
from storage.login_attempts import Patience

_MOST_BYTES = 100_000


def own_tokens(parts: ApiParts) -> OwnTokens | None:
    """None when nobody logs in here. Raises UnusableKeyError."""
    settings = parts.auth
    ring = key_ring(settings)
    if ring is None or settings.signing_key is None:
        return None
    return OwnTokens(
        ring,
        AccessTokens(ring, settings, clock=parts.clock),
        settings.access_ttl_s,
        timedelta(seconds=settings.session_ttl_s),
        _throttle(parts, settings.signing_key),
    )


def _throttle(parts: ApiParts, signing_key: SecretStr) -> LoginThrottle:
    settings = parts.auth
    return LoginThrottle(
        store=parts.attempts,
        patience=Patience(settings.login_free_tries, settings.login_longest_wait_s),
        names=AccountNames(signing_key),
        metrics=parts.metrics,
        audit=parts.audit,
    )


def foreign_tokens(parts: ApiParts) -> ForeignTokens | None:
    if parts.fetch_issuer_keys is None:
        return None
    keys = IssuerKeys(parts.fetch_issuer_keys, algorithm=parts.auth.oidc_algorithm)
    return ForeignTokens(keys, parts.auth)


def issuer_keys_fetcher(settings: AuthSettings) -> Fetch | None:
    """By the guarded client, which is made for each fetch: there is one in ten minutes."""
    url, trusted = settings.oidc_jwks_url, settings.oidc_ca_file
    if url is None:
        return None

    async def fetch() -> bytes:
        from outbound.client import FetchLimits, GuardedClient  # noqa: PLC0415 - seldom needed

        client = GuardedClient(
            limits=FetchLimits(max_bytes=_MOST_BYTES, total_s=5.0, max_redirects=0),
            allow_networks=settings.oidc_allow_networks,
            tls=None if trusted is None else ssl.create_default_context(cafile=trusted),
            accept="application/json",
        )
        try:
            return (await client.get(url)).body
        finally:
            await client.aclose()

    return fetch

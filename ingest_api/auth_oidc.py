"""Tokens of somebody else's OpenID Connect issuer: its keys, and what its claims mean here."""
# ruff: noqa: PLC0415 - PyJWT is imported where it is used: an API without logins does without it

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from ingest_api.auth_settings import AuthSettings
from ingest_api.auth_tokens import Rules, header_of_token, is_name, names_issuer, verified
from schemas.contract import TenantId
from schemas.roles import Role
from storage.errors import StoreUnavailableError
from telemetry.logs import get_logger

_log = get_logger(__name__)
_REQUIRED: Final = ("exp", "iat", "sub", "aud", "iss", "jti")
_MOST_KEYS: Final = 20
_FRESH_S: Final = 600.0
_PAUSE_S: Final = 60.0
_TENANT: Final[TypeAdapter[str]] = TypeAdapter(TenantId)

Fetch = Callable[[], Awaitable[bytes]]
"""The issuer's key set, as it is now; raises whatever it likes when it cannot be had."""


@dataclass(frozen=True, slots=True)
class ForeignClaims:
    """`name` is that of the person, for logs; `jti` cannot be taken for one of ours."""

    tenant_id: str
    role: Role
    name: str
    jti: str
    expires_at: datetime


class IssuerKeys:
    """By `kid`. They are fetched again when they are ten minutes old, and for a `kid` that is not
    there, but once a minute at most, whatever strangers send. Whoever needs a key of a fetch that
    is under way waits for that one. While they cannot be fetched the last ones are good."""

    def __init__(
        self, fetch: Fetch, *, algorithm: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._algorithm = algorithm
        self._now = now
        self._keys: Mapping[str, Any] = {}
        self._asked_at: float | None = None
        self._fetched_at: float | None = None
        self._asking: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> Any | None:
        """None for one that the issuer has not. Raises StoreUnavailableError for one that we have
        not while the issuer does not answer: then nobody can tell."""
        is_due = self._is_due(kid)
        if is_due:
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None and (is_due or kid not in self._keys):
            await asyncio.shield(self._asking)  # who leaves takes nobody else's answer along
        has_failed = self._fetched_at != self._asked_at
        if has_failed and kid not in self._keys:
            raise StoreUnavailableError("issuer", "its keys could not be fetched")
        return self._keys.get(kid)

    def _is_due(self, kid: str) -> bool:
        if self._asking is not None and not self._asking.done():
            return False
        now = self._now()
        if self._asked_at is not None and now - self._asked_at < _PAUSE_S:
            return False
        is_old = self._fetched_at is None or now - self._fetched_at >= _FRESH_S
        return is_old or kid not in self._keys

    async def _ask(self) -> None:
        self._asked_at = self._now()
        try:
            self._keys = _to_keys(await self._fetch(), self._algorithm)
            self._fetched_at = self._asked_at
        except Exception as error:  # noqa: BLE001 - a stranger's answer: the last keys stay good
            _log.warning("issuer_keys_not_fetched", error=f"{type(error).__name__}: {error}"[:300])


class ForeignTokens:
    def __init__(self, keys: IssuerKeys, settings: AuthSettings) -> None:
        self._keys = keys
        self._settings = settings
        self._rules = Rules(
            settings.oidc_algorithm,
            settings.oidc_token_type,
            settings.oidc_issuer or "",
            settings.oidc_audience or "",
            (*_REQUIRED, settings.oidc_tenant_claim, settings.oidc_role_claim),
            settings.oidc_max_lifetime_s,
            takes_audience_lists=True,
        )

    async def read(self, token: str) -> ForeignClaims | None:
        """None for whatever is wrong with it. Raises StoreUnavailableError for one that names the
        issuer, by a key that cannot be had now."""
        header = header_of_token(token)
        if header is None or header.get("alg") != self._rules.algorithm:
            return None
        if not names_issuer(token, self._rules.issuer):
            return None  # our own that is over is refused, whether that issuer answers or not
        key = await self._keys.find(header["kid"])
        found = None if key is None else verified(token, key, self._rules)
        return None if found is None else self._to_claims(found)

    def _to_claims(self, found: Mapping[str, Any]) -> ForeignClaims | None:
        role = _highest(found[self._settings.oidc_role_claim])
        if role is None or not (is_name(found["jti"]) and is_name(found["sub"])):
            return None
        try:
            return ForeignClaims(
                _TENANT.validate_python(found[self._settings.oidc_tenant_claim], strict=True),
                role,
                f"oidc_{found['sub']}",
                f"oidc:{found['jti']}",
                datetime.fromtimestamp(found["exp"], UTC),
            )
        except (ValidationError, OverflowError, ValueError, OSError):
            return None


def _to_keys(body: bytes, algorithm: str) -> dict[str, Any]:
    """Those of the set that are for this algorithm. Raises ValueError, KeyError, TypeError."""
    listed = json.loads(body)["keys"]
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise ValueError(f"not a list of up to {_MOST_KEYS} keys")
    return dict(filter(None, (_to_key(member, algorithm) for member in listed)))


def _to_key(member: object, algorithm: str) -> tuple[str, Any] | None:
    """None for a key that is for something else: sets hold those of other algorithms too."""
    import jwt

    kid = member.get("kid") if isinstance(member, dict) else None
    if not isinstance(member, dict) or not isinstance(kid, str):
        return None
    is_other = member.get("alg", algorithm) != algorithm or member.get("use", "sig") != "sig"
    if is_other or member.get("kty") == "oct":
        return None
    try:
        return kid, jwt.PyJWK(member, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None


def _highest(value: object) -> Role | None:
    """Of a name or a list of names; those that mean nothing here are passed over."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list):
        return None
    known = {role.title: role for role in Role}
    return max((known[name] for name in names if isinstance(name, str) and name in known),
               default=None)  # fmt: skip

"""Access tokens as text: issued and read, RFC 7519 and RFC 9068, strictly."""
# ruff: noqa: PLC0415 - PyJWT is imported where it is used: an API without logins does without it

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from ingest_api.auth_keys import KeyRing
from ingest_api.auth_settings import AuthSettings
from storage.tokens import Session

TYPE: Final = "at+jwt"
LEEWAY_S: Final = 60
_MOST_CHARS: Final = 8192
_MOST_JTI_CHARS: Final = 200
_REQUIRED: Final = ("exp", "iat", "nbf", "sub", "aud", "iss", "jti")


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token of ours says, its signature, times, issuer and audience checked."""

    session: Session
    jti: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """What a token must be, beyond its signature."""

    algorithm: str
    token_type: str
    issuer: str
    audience: str
    required: tuple[str, ...]
    max_lifetime_s: int
    takes_audience_lists: bool = False


class AccessTokens:
    """One algorithm a key, and the key only by `kid` from those that are configured: nothing a
    token says leads anywhere else."""

    def __init__(
        self, ring: Callable[[], KeyRing], settings: AuthSettings, *, clock: Callable[[], datetime]
    ) -> None:
        self._ring = ring
        self._settings = settings
        self._clock = clock

    def issue(self, session: Session) -> str:
        import jwt

        issued_at = int(self._clock().timestamp())
        claims = {
            "iss": self._settings.issuer, "aud": self._settings.audience,
            "sub": str(session.user_id), "jti": str(uuid4()), "sid": str(session.session_id),
            "tenant": session.tenant_id, "token_use": "access",
            "iat": issued_at, "nbf": issued_at, "exp": issued_at + self._settings.access_ttl_s,
        }  # fmt: skip
        ring = self._ring()
        header = {"kid": ring.signing.kid, "typ": TYPE}
        return jwt.encode(claims, ring.private, ring.signing.algorithm, headers=header)

    def read(self, token: str) -> Claims | None:
        """None for whatever is wrong with it."""
        header = header_of_token(token)
        key = None if header is None else self._ring().by_kid.get(header["kid"])
        if key is None:
            return None
        found = verified(token, key.key, self._rules(key.algorithm))
        return None if found is None else _to_claims(found)

    def _rules(self, algorithm: str) -> Rules:
        return Rules(
            algorithm,
            TYPE,
            self._settings.issuer,
            self._settings.audience,
            (*_REQUIRED, "sid", "tenant", "token_use"),
            self._settings.access_ttl_s,
        )


def looks_like_token(text: str) -> bool:
    """Three parts with dots between: no API key has any."""
    return text.count(".") == 2


def header_of_token(token: str) -> Mapping[str, Any] | None:
    """With a `kid` that is a text; not to be believed in anything else."""
    import jwt

    if len(token) > _MOST_CHARS:
        return None
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        return None
    return header if isinstance(header.get("kid"), str) else None


def names_issuer(token: str, issuer: str) -> bool:
    """Whether it says that it comes from there; nothing of that is verified."""
    import jwt

    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return False
    return bool(claims.get("iss") == issuer)


def verified(token: str, key: Any, rules: Rules) -> Mapping[str, Any] | None:
    """The claims of a token that keeps all the rules; None for any other."""
    import jwt

    try:
        found = jwt.decode_complete(
            token,
            key,
            algorithms=[rules.algorithm],
            audience=rules.audience,
            issuer=rules.issuer,
            leeway=LEEWAY_S,
            options={
                "require": list(rules.required), "strict_aud": not rules.takes_audience_lists,
            },
        )  # fmt: skip
    except jwt.PyJWTError:
        return None
    claims: Mapping[str, Any] = found["payload"]
    is_right = found["header"].get("typ") == rules.token_type
    return claims if is_right and _is_short(claims, rules.max_lifetime_s) else None


def _is_short(claims: Mapping[str, Any], most_s: int) -> bool:
    """Whether it says finite moments that are not further apart than a token may live."""
    moments = [claims["iat"], claims["exp"]]
    if not all(isinstance(at, int | float) and math.isfinite(at) for at in moments):
        return False
    return bool(0 < moments[1] - moments[0] <= most_s)


def is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_JTI_CHARS


def _to_claims(found: Mapping[str, Any]) -> Claims | None:
    if found["token_use"] != "access" or not is_name(found["jti"]):  # noqa: S105 - a kind
        return None
    try:
        return Claims(
            Session(
                UUID(found["sid"]),
                str(found["tenant"]),
                UUID(found["sub"]),
                datetime.fromtimestamp(found["exp"], UTC),
            ),
            found["jti"],
            datetime.fromtimestamp(found["iat"], UTC),
        )
    except (ValueError, TypeError, AttributeError, OverflowError, OSError):
        return None

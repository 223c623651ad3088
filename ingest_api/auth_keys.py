"""Keys that sign access tokens and tell them apart: PEM in, by `kid` out.

PyJWT and cryptography cost 10 MB: they are imported where keys are used, so that an API without
logins does without them.
"""
# ruff: noqa: PLC0415 - imported where used, as said above

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from ingest_api.auth_settings import AuthSettings
from schemas.contract import canonical_json


class UnusableKeyError(ValueError):
    """The text is no key that is taken here. The message does not hold it."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`kid` is the thumbprint of RFC 7638, `key` what the library verifies with."""

    kid: str
    algorithm: str
    key: Any
    jwk: Mapping[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """What is signed with, and what is taken: at most two keys."""

    private: Any
    signing: PublicKey
    by_kid: Mapping[str, PublicKey]

    def jwks(self) -> bytes:
        """RFC 7517: the public keys, for whoever verifies our tokens."""
        return canonical_json({"keys": [dict(key.jwk) for key in self.by_kid.values()]})


def key_ring(settings: AuthSettings) -> KeyRing | None:
    """None when nobody logs in here. Raises UnusableKeyError."""
    if settings.signing_key is None:
        return None
    private = _load(settings.signing_key, "signing_key")
    if not hasattr(private, "public_key"):
        raise UnusableKeyError("signing_key: is a public key; the private one is needed")
    keys = [_public(private.public_key(), "signing_key")]
    if settings.previous_key is not None:
        previous = _load(settings.previous_key, "previous_key")
        public = previous.public_key() if hasattr(previous, "public_key") else previous
        keys.append(_public(public, "previous_key"))
    return KeyRing(private, keys[0], {key.kid: key for key in keys})


def _load(pem: SecretStr, name: str) -> Any:
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_pem_public_key,
    )

    text = pem.get_secret_value().encode()
    is_public = b"BEGIN PUBLIC KEY" in text
    try:
        return load_pem_public_key(text) if is_public else load_pem_private_key(text, None)
    except (ValueError, TypeError):
        raise UnusableKeyError(f"{name}: is no unencrypted PEM key") from None


def _public(public: Any, name: str) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm

    if isinstance(public, Ed25519PublicKey):
        algorithm, jwk = "EdDSA", json.loads(OKPAlgorithm.to_jwk(public))
    elif isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        algorithm, jwk = "ES256", json.loads(ECAlgorithm.to_jwk(public))
    else:
        raise UnusableKeyError(f"{name}: must be an Ed25519 or P-256 key")
    members = {member: jwk[member] for member in ("crv", "kty", "x", "y") if member in jwk}
    digest = hashlib.sha256(canonical_json(members)).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    shown = {**members, "kid": kid, "alg": algorithm, "use": "sig"}
    return PublicKey(kid, algorithm, public, shown)

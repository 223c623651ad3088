"""Keys that sign access tokens and tell them apart: PEM in, by `kid` out.

PyJWT and cryptography cost 10 MB and more: they are imported when the first token comes. Until
then what seals the event ids, which is there anyway, looks whether the keys are any.
"""
# ruff: noqa: PLC0415 - imported where used, as said above

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
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


def key_ring(settings: AuthSettings) -> Callable[[], KeyRing] | None:
    """What gives the keys, when they are needed; None when nobody logs in here.

    Raises UnusableKeyError at once for what is no key that is taken.
    """
    if settings.signing_key is None:
        return None
    signing, previous = settings.signing_key, settings.previous_key
    _check(signing, "signing_key", must_be_private=True)
    if previous is not None:
        _check(previous, "previous_key", must_be_private=False)
    return cache(lambda: _made(signing, previous))


def _check(pem: SecretStr, name: str, *, must_be_private: bool) -> None:
    from Crypto.PublicKey import ECC

    try:
        key = ECC.import_key(pem.get_secret_value())
    except (ValueError, TypeError, IndexError):
        raise UnusableKeyError(f"{name}: is no unencrypted PEM key of a curve") from None
    if key.curve not in {"Ed25519", "NIST P-256"}:
        raise UnusableKeyError(f"{name}: must be an Ed25519 or P-256 key")
    if must_be_private and not key.has_private():
        raise UnusableKeyError(f"{name}: is a public key; the private one is needed")


def _made(signing: SecretStr, previous: SecretStr | None) -> KeyRing:
    private = _load(signing)
    keys = [_public(private.public_key())]
    if previous is not None:
        other = _load(previous)
        keys.append(_public(other.public_key() if hasattr(other, "public_key") else other))
    return KeyRing(private, keys[0], {key.kid: key for key in keys})


def _load(pem: SecretStr) -> Any:
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_pem_public_key,
    )

    text = pem.get_secret_value().encode()
    is_public = b"BEGIN PUBLIC KEY" in text
    return load_pem_public_key(text) if is_public else load_pem_private_key(text, None)


def _public(public: Any) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm

    if isinstance(public, Ed25519PublicKey):
        algorithm, jwk = "EdDSA", json.loads(OKPAlgorithm.to_jwk(public))
    else:
        algorithm, jwk = "ES256", json.loads(ECAlgorithm.to_jwk(public))
    members = {member: jwk[member] for member in ("crv", "kty", "x", "y") if member in jwk}
    digest = hashlib.sha256(canonical_json(members)).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    shown = {**members, "kid": kid, "alg": algorithm, "use": "sig"}
    return PublicKey(kid, algorithm, public, shown)

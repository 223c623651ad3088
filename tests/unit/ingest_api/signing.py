"""Keys to sign tokens with, as PEM; people who log in."""

from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import SecretStr

from ingest_api.auth_settings import AuthSettings
from schemas.roles import Role
from storage.passwords import hash_password
from storage.users import User
from tests.contract.storage.people import person
from tests.unit.ingest_api.twin_api import TwinApi

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = hash_password(PASSWORD)
ED25519, OTHER_ED25519 = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
P256 = generate_private_key(SECP256R1())


def pem(private: Any) -> SecretStr:
    made = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SecretStr(made.decode())


def public_pem(private: Any) -> SecretStr:
    made = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return SecretStr(made.decode())


AUTH = AuthSettings(signing_key=pem(ED25519))


async def enrol(
    api: TwinApi, username: str = "alice", role: Role = Role.ANALYST, tenant_id: str = "acme"
) -> User:
    user = person(username, role, tenant_id)
    await api.users.add_user(user, PASSWORD_HASH)
    return user


async def log_in(
    client: httpx.AsyncClient, username: str = "alice@acme", password: str = PASSWORD
) -> httpx.Response:
    body = {"username": username, "password": password}
    return await client.post("/api/v1/auth/token", json=body)


async def tokens_of(client: httpx.AsyncClient, username: str = "alice@acme") -> dict[str, Any]:
    answer = await log_in(client, username)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def who(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})

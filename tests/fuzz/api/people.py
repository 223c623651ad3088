"""Callers of every role, by key and as a person, each in a tenant that nobody else is in."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import requests

from schemas.roles import Role
from tests.fuzz.api.campaign import Caller

_PATIENCE_S = 30

MintKey = Callable[[str, str], str]
"""Tenant and role to an API key."""


@dataclass(frozen=True, slots=True)
class Hired:
    """`own` are the ids that the caller must not revoke or change, for it is them."""

    caller: Caller
    own: frozenset[str]


def hire(base_url: str, mint_key: MintKey) -> list[Hired]:
    """Nobody, then each role twice, the least first."""
    found = [Hired(Caller("nobody", None), frozenset())]
    for role in Role:
        found.append(_key(base_url, mint_key, role))
        found.append(_person(base_url, mint_key, role))
    return found


def _key(base_url: str, mint_key: MintKey, role: Role) -> Hired:
    return _hired(base_url, f"{role.title} (key)", mint_key(f"fuzz-{role.title}-key", role.title))


def _person(base_url: str, mint_key: MintKey, role: Role) -> Hired:
    tenant = f"fuzz-{role.title}-user"
    password = secrets.token_urlsafe(24)
    wish = {"username": "fuzz", "password": password, "role": role.title}
    admin = {"Authorization": f"Bearer {mint_key(tenant, 'admin')}"}
    made = requests.post(f"{base_url}/api/v1/users", json=wish, headers=admin, timeout=_PATIENCE_S)
    made.raise_for_status()
    login = {"username": f"fuzz@{tenant}", "password": password}
    tokens = requests.post(f"{base_url}/api/v1/auth/token", json=login, timeout=_PATIENCE_S)
    tokens.raise_for_status()
    return _hired(base_url, f"{role.title} (user)", tokens.json()["access_token"])


def _hired(base_url: str, name: str, text: str) -> Hired:
    credential = f"Bearer {text}"
    answer = requests.get(
        f"{base_url}/api/v1/auth/me", headers={"Authorization": credential}, timeout=_PATIENCE_S
    )
    answer.raise_for_status()
    me = answer.json()
    return Hired(Caller(name, credential), frozenset({me["credential"], str(me["user_id"])}))

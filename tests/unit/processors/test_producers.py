"""Whose a record of an inbox is, and which keys may write one."""

from ipaddress import ip_network

import pytest

from processors.producers import Producer, Producers
from schemas.roles import Role
from storage.api_keys_memory import MemoryApiKeyStore
from storage.key_format import hash_api_key
from storage.known_keys import KnownKeys
from storage.ports import ApiKey, KeyNote
from topics.codec import Claims
from topics.errors import InvalidMessageError

INBOX = "image-submitted-inbox"


async def producers(key: ApiKey) -> Producers:
    store = MemoryApiKeyStore()
    await store.add_api_key(key, hash_api_key("secret"), note=KeyNote("t"))
    return Producers(KnownKeys(store, hit_s=30, miss_s=2, may_be_key=bool), bound={})


def claims(credential: str | None = "Bearer secret") -> Claims:
    return Claims(credential, frozenset(), frozenset())


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OPERATOR, Role.ADMIN])
@pytest.mark.parametrize("scopes", [frozenset(), frozenset({"analyze"})])
async def test_an_analyst_may_write(role: Role, scopes: frozenset[str]) -> None:
    door = await producers(ApiKey("k", "acme", role, scopes))
    assert await door.identify(claims(), INBOX) == Producer("acme", "k")


@pytest.mark.parametrize(
    "key",
    [
        ApiKey("k", "acme", Role.VIEWER),
        ApiKey("k", "acme", Role.ADMIN, frozenset({"read", "keys"})),
        ApiKey("k", "acme", networks=(ip_network("10.0.0.0/8"),)),
    ],
    ids=["viewer", "other scopes", "bound to networks"],
)
async def test_a_key_that_may_not_is_refused(key: ApiKey) -> None:
    door = await producers(key)
    with pytest.raises(InvalidMessageError, match="does not allow this") as caught:
        await door.identify(claims(), INBOX)
    assert caught.value.reason == "credential_invalid"


@pytest.mark.parametrize("credential", ["Bearer wrong", "secret", "Basic secret", ""])
async def test_a_key_that_nobody_has_is_refused(credential: str) -> None:
    door = await producers(ApiKey("k", "acme"))
    with pytest.raises(InvalidMessageError, match="lets nobody in"):
        await door.identify(claims(credential), INBOX)

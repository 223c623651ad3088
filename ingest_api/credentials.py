"""Credentials to principals, the same answer for whatever is wrong with one."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from starlette.types import Scope

from ingest_api.auth_people import KnownPeople
from ingest_api.auth_tokens import looks_like_token
from ingest_api.errors import UNAUTHENTICATED, RefusedError
from ingest_api.scope import Principal, address_of, header_of
from storage.errors import StorageError
from storage.known_keys import KnownKeys, bearer_key
from storage.ports import ApiKey, Network


@dataclass(frozen=True, slots=True)
class Given:
    """What a request brings: two headers that may hold a credential, and where it comes from."""

    authorization: str | None
    api_key: str | None
    address: str | None = None

    @classmethod
    def of(cls, scope: Scope) -> Self:
        return cls(
            header_of(scope, b"authorization"), header_of(scope, b"x-api-key"), address_of(scope)
        )


class CredentialChecker:
    """API keys, in `Authorization` or `X-API-Key`; access tokens in `Authorization` alone."""

    def __init__(self, keys: KnownKeys, people: KnownPeople | None = None) -> None:
        self._keys = keys
        self._people = people

    async def check(self, given: Given) -> Principal:
        """Raises RefusedError, the same for every cause, and StoreUnavailableError when the
        credential is not remembered and the store does not answer."""
        bearer = None if given.authorization is None else bearer_key(given.authorization)
        if bearer is not None and looks_like_token(bearer):
            return await self._of_token(bearer)
        key = given.api_key if given.authorization is None else bearer
        found = await self._keys.find(key)
        if found is None or not _comes_from(found.networks, given.address):
            raise RefusedError(refusal=UNAUTHENTICATED)
        return _of_key(found)

    async def _of_token(self, token: str) -> Principal:
        found = None if self._people is None else await self._people.find(token)
        if found is None:
            raise RefusedError(refusal=UNAUTHENTICATED)
        return found

    async def still_valid(self, given: Given, may: Callable[[Principal], None]) -> bool:
        """Whether `check` would pass now, and `may` with the principal that it gives; a store
        that does not answer revokes nothing."""
        try:
            may(await self.check(given))
        except RefusedError:
            return False
        except StorageError:
            return True
        return True


def _of_key(key: ApiKey) -> Principal:
    return Principal(key.tenant_id, key.key_id, key.role, key.scopes, key.tier)


def _comes_from(networks: tuple[Network, ...], address: str | None) -> bool:
    """A key without networks comes from everywhere; an IPv4 address in IPv6 clothes is IPv4."""
    if not networks:
        return True
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)

"""Who wrote a record of an inbox: by the credential in it, or because only one tenant may write."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.roles import Role
from schemas.scopes import allows
from storage.known_keys import KnownKeys, bearer_key
from topics.codec import Claims
from topics.errors import InvalidMessageError


@dataclass(frozen=True, slots=True)
class Producer:
    """`name` is that of the credential, for metrics and logs; it is no secret."""

    tenant_id: str
    name: str


class Producers:
    """The tenant comes from the credential, never from the record's own words. It takes a key of
    an analyst with the scope `analyze`; one that is bound to networks is not taken, because a
    record does not say where it comes from."""

    def __init__(self, keys: KnownKeys, *, bound: Mapping[str, str]) -> None:
        """`bound` says of an inbox that one tenant alone writes it, which the broker enforces."""
        self._keys = keys
        self._bound = bound

    async def identify(self, claims: Claims, topic: str) -> Producer:
        """Raises InvalidMessageError with `credential_missing` or `credential_invalid`, and
        StoreUnavailableError."""
        tenant_id = self._bound.get(topic)
        if claims.credential is not None:
            producer = await self._by_credential(claims.credential)
            if tenant_id not in {None, producer.tenant_id}:
                raise InvalidMessageError("credential_invalid", "the inbox is another tenant's")
            return producer
        if tenant_id is None:
            raise InvalidMessageError("credential_missing", "no authorization header")
        return Producer(tenant_id, f"bound:{topic}")

    async def _by_credential(self, credential: str) -> Producer:
        found = await self._keys.find(bearer_key(credential))
        if found is None:
            raise InvalidMessageError("credential_invalid", "the credential lets nobody in")
        if found.role < Role.ANALYST or not allows(found.scopes, "analyze") or found.networks:
            raise InvalidMessageError("credential_invalid", "the credential does not allow this")
        return Producer(found.tenant_id, found.key_id)

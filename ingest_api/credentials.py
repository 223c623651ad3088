"""Credentials to principals, the same answer for whatever is wrong with one."""

from ingest_api.errors import UNAUTHENTICATED, RefusedError
from ingest_api.scope import Principal
from storage.errors import StorageError
from storage.known_keys import KnownKeys, bearer_key


class ApiKeyChecker:
    """API keys, in `Authorization` or `X-API-Key`."""

    def __init__(self, keys: KnownKeys) -> None:
        self._keys = keys

    async def check(self, authorization: str | None, api_key: str | None) -> Principal:
        """Raises RefusedError, the same for every cause, and StoreUnavailableError when the key
        is not remembered and the store does not answer."""
        key = bearer_key(authorization) if authorization is not None else api_key
        found = await self._keys.find(key)
        if found is None:
            raise RefusedError(refusal=UNAUTHENTICATED)
        return Principal(found.tenant_id, found.key_id)

    async def still_valid(self, authorization: str | None, api_key: str | None) -> bool:
        """Whether `check` would pass now; a store that does not answer revokes nothing."""
        try:
            await self.check(authorization, api_key)
        except RefusedError:
            return False
        except StorageError:
            return True
        return True

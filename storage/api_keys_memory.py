"""API keys in a dictionary: the twin of the store in PostgreSQL, for tests."""

from storage.ports import ApiKey


class MemoryApiKeyStore:
    """An ApiKeyStore whose keys neither expire nor are revoked: those are the operator's acts."""

    def __init__(self) -> None:
        self._by_hash: dict[bytes, ApiKey] = {}

    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        return self._by_hash.get(key_hash)

    async def add_api_key(self, key: ApiKey, key_hash: bytes, *, name: str) -> None:
        del name  # for the operator's lists alone
        if all(known.key_id != key.key_id for known in self._by_hash.values()):
            self._by_hash.setdefault(key_hash, key)

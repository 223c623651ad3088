"""API keys in a dictionary: the twin of the store in PostgreSQL, for tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from storage.errors import NotFoundError
from storage.ports import ApiKey, KeyNote, ListedKey


class MemoryApiKeyStore:
    """An ApiKeyStore. Every tenant has booked what its first key says."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._by_hash: dict[bytes, ListedKey] = {}

    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        known = self._by_hash.get(key_hash)
        if known is None or known.revoked_at is not None:
            return None
        expires_at, now = known.note.expires_at, self._now()
        if expires_at is not None and expires_at <= now:
            return None
        self._by_hash[key_hash] = replace(known, last_used_at=now)
        return known.key

    async def add_api_key(self, key: ApiKey, key_hash: bytes, *, note: KeyNote) -> bool:
        is_known = any(known.key.key_id == key.key_id for known in self._by_hash.values())
        if is_known or key_hash in self._by_hash:
            return False
        self._by_hash[key_hash] = ListedKey(key, note, self._now())
        return True

    async def list_api_keys(self, tenant_id: str) -> list[ListedKey]:
        return [known for known in self._by_hash.values() if known.key.tenant_id == tenant_id]

    async def revoke_api_key(self, tenant_id: str, key_id: str) -> None:
        for key_hash, known in self._by_hash.items():
            if (known.key.tenant_id, known.key.key_id) == (tenant_id, key_id):
                revoked_at = known.revoked_at or self._now()
                self._by_hash[key_hash] = replace(known, revoked_at=revoked_at)
                return
        raise NotFoundError(f"{tenant_id} has no key {key_id}")

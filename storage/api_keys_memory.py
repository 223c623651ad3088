"""API keys in a dictionary: the twin of the store in PostgreSQL, for tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storage.errors import LimitReachedError, NotFoundError
from storage.ports import ApiKey, KeyNote, ListedKey

_SHOWN_AFTER_ITS_END = timedelta(days=90)
_NEVER = datetime.max.replace(tzinfo=UTC)


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

    async def add_api_key(
        self, key: ApiKey, key_hash: bytes, *, note: KeyNote, at_most: int | None = None
    ) -> bool:
        is_known = any(known.key.key_id == key.key_id for known in self._by_hash.values())
        if is_known or key_hash in self._by_hash:
            return False
        if at_most is not None and self._working(key.tenant_id) >= at_most:
            raise LimitReachedError(f"{key.tenant_id} has {at_most} keys already")
        self._by_hash[key_hash] = ListedKey(key, note, self._now())
        return True

    async def list_api_keys(self, tenant_id: str, *, limit: int | None = None) -> list[ListedKey]:
        now = self._now()
        found = [
            known
            for known in self._by_hash.values()
            if known.key.tenant_id == tenant_id and _ends_at(known) > now - _SHOWN_AFTER_ITS_END
        ]
        found.sort(key=lambda known: (known.created_at, known.key.key_id), reverse=True)
        found.sort(key=lambda known: _ends_at(known) <= now)
        return found[:limit]

    def _working(self, tenant_id: str) -> int:
        now, known = self._now(), self._by_hash.values()
        return sum(one.key.tenant_id == tenant_id and _ends_at(one) > now for one in known)

    async def revoke_api_key(self, tenant_id: str, key_id: str) -> None:
        for key_hash, known in self._by_hash.items():
            if (known.key.tenant_id, known.key.key_id) == (tenant_id, key_id):
                revoked_at = known.revoked_at or self._now()
                self._by_hash[key_hash] = replace(known, revoked_at=revoked_at)
                return
        raise NotFoundError(f"{tenant_id} has no key {key_id}")


def _ends_at(known: ListedKey) -> datetime:
    return min(known.revoked_at or _NEVER, known.note.expires_at or _NEVER)

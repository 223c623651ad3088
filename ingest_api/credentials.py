"""Credentials to principals: API keys by their SHA-256, remembered for a short while."""

import hashlib
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from ingest_api.errors import UNAUTHENTICATED, RefusedError
from ingest_api.scope import Principal
from storage.errors import StorageError
from storage.ports import ApiKeyStore

_T = TypeVar("_T")
_MAX_KEY_CHARS = 512
_REMEMBERED = 10_000


class ApiKeyChecker:
    """A revoked key works for `hit_s` at most; a new one that was tried too early works after
    `miss_s`. Both memories are bounded, so that nobody fills the process with guesses.

    Nothing but a row in the store lets anybody in: without keys the API serves nobody.
    """

    def __init__(
        self,
        store: ApiKeyStore,
        *,
        hit_s: float,
        miss_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._now = now
        self._hits: _Remembered[Principal] = _Remembered(hit_s)
        self._misses: _Remembered[None] = _Remembered(miss_s)

    async def check(self, authorization: str | None, api_key: str | None) -> Principal:
        """Raises RefusedError, the same for every cause, and StoreUnavailableError when the key
        is not remembered and the store does not answer."""
        key = _bearer(authorization) if authorization is not None else api_key
        if not key or len(key) > _MAX_KEY_CHARS:
            raise RefusedError(refusal=UNAUTHENTICATED)
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        now = self._now()
        known = self._hits.get(digest, now)
        if known is not None:
            return known[0]
        if self._misses.get(digest, now) is not None:
            raise RefusedError(refusal=UNAUTHENTICATED)
        return await self._look_up(digest)

    async def still_valid(self, authorization: str | None, api_key: str | None) -> bool:
        """Whether `check` would pass now; a store that does not answer revokes nothing."""
        try:
            await self.check(authorization, api_key)
        except RefusedError:
            return False
        except StorageError:
            return True
        return True

    async def _look_up(self, digest: bytes) -> Principal:
        found = await self._store.find_api_key(digest)
        if found is None:
            self._misses.put(digest, None, self._now())
            raise RefusedError(refusal=UNAUTHENTICATED)
        principal = Principal(found.tenant_id, found.key_id)
        self._hits.put(digest, principal, self._now())
        return principal


class _Remembered(Generic[_T]):
    """The oldest entry goes when it is full."""

    def __init__(self, lasts_s: float) -> None:
        self._lasts_s = lasts_s
        self._entries: dict[bytes, tuple[float, _T]] = {}

    def get(self, digest: bytes, now: float) -> tuple[_T] | None:
        entry = self._entries.get(digest)
        if entry is None or entry[0] <= now:
            return None
        return (entry[1],)

    def put(self, digest: bytes, value: _T, now: float) -> None:
        self._entries.pop(digest, None)
        while len(self._entries) >= _REMEMBERED:
            del self._entries[next(iter(self._entries))]
        self._entries[digest] = (now + self._lasts_s, value)


def _bearer(authorization: str) -> str | None:
    scheme, _, rest = authorization.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else None

"""API keys by their text, remembered for a short while: a key is not looked up for each request."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from storage.key_format import hash_api_key
from storage.ports import ApiKey, ApiKeyStore

_T = TypeVar("_T")
_MAX_KEY_CHARS = 512
_REMEMBERED = 10_000


class KnownKeys:
    """A revoked key works for `hit_s` at most; a new one that was tried too early works after
    `miss_s`. Both memories are bounded, so that nobody fills the process with guesses.

    Nothing but a row in the store lets anybody in: without keys nobody is known.
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
        self._hits: _Remembered[ApiKey] = _Remembered(hit_s)
        self._misses: _Remembered[None] = _Remembered(miss_s)

    async def find(self, key: str | None) -> ApiKey | None:
        """None for a key that lets nobody in. Raises StoreUnavailableError when the key is not
        remembered and the store does not answer."""
        if not key or len(key) > _MAX_KEY_CHARS:
            return None
        digest, now = hash_api_key(key), self._now()
        known = self._hits.get(digest, now)
        if known is not None:
            return known[0]
        if self._misses.get(digest, now) is not None:
            return None
        return await self._look_up(digest)

    async def _look_up(self, digest: bytes) -> ApiKey | None:
        found = await self._store.find_api_key(digest)
        if found is None:
            self._misses.put(digest, None, self._now())
        else:
            self._hits.put(digest, found, self._now())
        return found


def bearer_key(authorization: str) -> str | None:
    """The key in an `Authorization: Bearer …` value; None for any other scheme."""
    scheme, _, rest = authorization.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else None


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

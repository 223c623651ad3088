"""API keys by their text, remembered for a short while: a key is not looked up for each request."""

import time
from collections.abc import Callable

from storage.key_format import hash_api_key, is_well_formed
from storage.ports import ApiKey, ApiKeyStore
from storage.remembered import Remembered

_MAX_KEY_CHARS = 512


class KnownKeys:
    """A revoked key works for `hit_s` at most; a new one that was tried too early works after
    `miss_s`. Both memories are bounded, so that nobody fills the process with guesses.

    Nothing but a row in the store lets anybody in: without keys nobody is known. The store is not
    asked about a text that cannot be a key by `may_be_key`: a mistyped one, or garbage. Whoever
    knows the format makes texts that pass; limits are against those.
    """

    def __init__(
        self,
        store: ApiKeyStore,
        *,
        hit_s: float,
        miss_s: float,
        may_be_key: Callable[[str], bool] = is_well_formed,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._may_be_key = may_be_key
        self._now = now
        self._hits: Remembered[ApiKey] = Remembered(hit_s)
        self._misses: Remembered[None] = Remembered(miss_s)

    async def find(self, key: str | None) -> ApiKey | None:
        """None for a key that lets nobody in. Raises StoreUnavailableError when the key is not
        remembered and the store does not answer."""
        if not key or len(key) > _MAX_KEY_CHARS:
            return None
        digest, now = hash_api_key(key), self._now()
        known = self._hits.get(digest, now)
        if known is not None:
            return known[0]
        if self._misses.get(digest, now) is not None or not self._may_be_key(key):
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

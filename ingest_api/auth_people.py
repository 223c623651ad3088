"""Access tokens to principals: who a token is about, and what that one may do now."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest_api.auth_oidc import ForeignTokens
from ingest_api.auth_tokens import LEEWAY_S, AccessTokens, Claims
from ingest_api.scope import Principal
from storage.remembered import Remembered
from storage.tokens import TokenStore


@dataclass(frozen=True, slots=True)
class Known:
    principal: Principal
    good_until: datetime


class KnownPeople:
    """Role, state and revocations are read from the record, and remembered for `hit_s` at most:
    what a token says of them counts for nothing. How long that is says `monotonic`, which nobody
    sets; `clock` has the time of day, for the end of a token."""

    def __init__(
        self,
        *,
        own: AccessTokens | None,
        foreign: ForeignTokens | None,
        store: TokenStore,
        hit_s: float,
        miss_s: float,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own = own
        self._foreign = foreign
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._hits: Remembered[Known] = Remembered(hit_s)
        self._misses: Remembered[None] = Remembered(miss_s)

    async def find(self, token: str) -> Principal | None:
        """None for a token that lets nobody in. Raises StoreUnavailableError."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        asked_at = self._monotonic()
        hit = self._hits.get(digest, asked_at)
        if hit is not None:
            return hit[0].principal if self._clock() < hit[0].good_until else None
        if self._misses.get(digest, asked_at) is not None:
            return None
        known = await self._look_up(token)
        if known is None:
            self._misses.put(digest, None, asked_at)
            return None
        self._hits.put(digest, known, asked_at)
        return known.principal

    async def _look_up(self, token: str) -> Known | None:
        claims = None if self._own is None else self._own.read(token)
        if claims is not None:
            return await self._of_ours(claims)
        return None if self._foreign is None else await self._of_theirs(self._foreign, token)

    async def _of_ours(self, claims: Claims) -> Known | None:
        session = claims.session
        standing = await self._store.find_standing(session, claims.jti)
        if standing is None or claims.issued_at < standing.not_before.replace(microsecond=0):
            return None
        principal = Principal(
            session.tenant_id,
            f"user_{session.user_id}",
            standing.role,
            tier=standing.tier,
            user_id=session.user_id,
        )
        return Known(principal, session.expires_at + timedelta(seconds=LEEWAY_S))

    async def _of_theirs(self, foreign: ForeignTokens, token: str) -> Known | None:
        claims = await foreign.read(token)
        if claims is None:
            return None
        tier = await self._store.find_tier(claims.tenant_id, claims.jti)
        if tier is None:
            return None
        principal = Principal(claims.tenant_id, claims.name, claims.role, tier=tier)
        return Known(principal, claims.expires_at + timedelta(seconds=LEEWAY_S))

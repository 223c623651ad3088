"""The twins of storage with a switch that makes them fail as a dead service does."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from schemas.events import Lane
from storage.analyses_memory import MemoryAnalysisStore
from storage.api_keys_memory import MemoryApiKeyStore
from storage.cache_memory import MemoryResultCache
from storage.errors import StoreUnavailableError
from storage.images_memory import MemoryImageStore
from storage.limits import Rate, Verdict
from storage.limits_fallback import FallbackLimitStore
from storage.limits_memory import MemoryLimitStore
from storage.ports import Analysis, ApiKey, IdempotencyKey, KeyUse, Request
from telemetry.metrics import Metrics


class Switch:
    """One for all stores that live in the same service."""

    def __init__(self, dependency: str) -> None:
        self._dependency = dependency
        self.is_down = False

    def pass_through(self) -> None:
        if self.is_down:
            raise StoreUnavailableError(self._dependency, "switched off by the test")


class Images(MemoryImageStore):
    """`then` happens right after an object was stored."""

    def __init__(self) -> None:
        super().__init__()
        self.switch = Switch("bucket")
        self.then: Callable[[], None] = lambda: None

    @property
    def keys(self) -> list[str]:
        return list(self._objects)

    async def put(self, key: str, body: BinaryIO, *, size_bytes: int, content_type: str) -> None:
        self.switch.pass_through()
        await super().put(key, body, size_bytes=size_bytes, content_type=content_type)
        self.then()

    async def check(self) -> None:
        self.switch.pass_through()


class Analyses(MemoryAnalysisStore):
    """`finds` and `key_finds` count how often a row and a name were asked for; `then` happens right
    after an acceptance."""

    def __init__(self, switch: Switch) -> None:
        super().__init__()
        self._switch = switch
        self.finds = 0
        self.key_finds = 0
        self.then: Callable[[Request], Awaitable[None]] = _nothing

    @property
    def requests(self) -> list[Request]:
        return [analysis.request for analysis in self._analyses.values()]

    async def accept(
        self,
        request: Request,
        *,
        lane: Lane = "interactive",
        idempotency: IdempotencyKey | None = None,
        traceparent: str | None = None,
    ) -> KeyUse | None:
        self._switch.pass_through()
        standing = await super().accept(
            request, lane=lane, idempotency=idempotency, traceparent=traceparent
        )
        await self.then(request)
        return standing

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        self._switch.pass_through()
        self.finds += 1
        return await super().find(tenant_id, request_id)

    async def find_key(self, tenant_id: str, key: str) -> KeyUse | None:
        self._switch.pass_through()
        self.key_finds += 1
        return await super().find_key(tenant_id, key)

    async def request_cancel(self, tenant_id: str, request_id: UUID, at: datetime) -> None:
        self._switch.pass_through()
        await super().request_cancel(tenant_id, request_id, at)

    async def count_unfinished(self, limit: int) -> int:
        self._switch.pass_through()
        return await super().count_unfinished(limit)

    async def check(self) -> None:
        self._switch.pass_through()


class ApiKeys(MemoryApiKeyStore):
    """`lookups` counts how often the store was asked; `is_revoked` revokes all keys."""

    def __init__(self, switch: Switch) -> None:
        super().__init__()
        self._switch = switch
        self.lookups = 0
        self.is_revoked = False

    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        self._switch.pass_through()
        self.lookups += 1
        return None if self.is_revoked else await super().find_api_key(key_hash)


class Cache(MemoryResultCache):
    def __init__(self) -> None:
        super().__init__()
        self.switch = Switch("redis")

    async def get(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        return None if self.switch.is_down else await super().get(tenant_id, request_id)

    async def put(self, analyses: Sequence[Analysis]) -> None:
        if not self.switch.is_down:
            await super().put(analyses)

    async def check(self) -> None:
        self.switch.pass_through()


async def _nothing(_: Request) -> None:
    """Nothing happens after an acceptance."""


class LimitsSwitch(FallbackLimitStore):
    """Counted in memory; while `switch` is down by the fallback, as without Redis. `subjects` are
    those asked about."""

    def __init__(self, metrics: Metrics) -> None:
        self.switch = Switch("redis")
        self.shared = _SwitchedLimits(self.switch)
        super().__init__(self.shared, metrics)


class _SwitchedLimits(MemoryLimitStore):
    def __init__(self, switch: Switch) -> None:
        self.now = 1000.0
        super().__init__(clock=lambda: self.now)
        self._switch = switch
        self.subjects: list[str] = []

    async def take(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        self._switch.pass_through()
        self.subjects.append(subject)
        return await super().take(subject, rate, cost)

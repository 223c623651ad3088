"""The whole API on twins, with a worker that answers as the test tells it to."""

import contextlib
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime

import httpx

from ingest_api.app import create_app
from ingest_api.auth_oidc import Fetch
from ingest_api.auth_settings import AuthSettings
from ingest_api.limit_settings import Limits
from ingest_api.parts import ApiParts
from ingest_api.settings import ApiSettings
from outbound.callbacks import CallbackRules
from schemas.contract import RequestFact
from schemas.events import ImageRequested, ImageSubmitted
from storage.audit import AuditLog
from storage.audit_memory import MemoryAuditStore
from storage.deliveries_memory import MemoryDeliveryStore
from storage.login_attempts import AttemptStore
from storage.login_attempts_memory import MemoryAttemptStore
from storage.ports import ApiKey, KeyNote, Request
from storage.tokens_memory import MemoryTokenStore
from storage.users_memory import MemoryUserStore
from telemetry.metrics import Metrics
from tests.unit.ingest_api.failing_stores import (
    Analyses,
    ApiKeys,
    Cache,
    Images,
    LimitsSwitch,
    Switch,
)
from tests.unit.ingest_api.outcomes import analyzed
from topics.catalog import IMAGE_REQUESTED, IMAGE_SUBMITTED, RESULTS, topic_named, topic_of
from topics.codec import decode, encode
from topics.memory import MemoryLog, MemoryPublisher, MemoryTail
from topics.records import Record

KEYS = {"acme": "acme-key", "globex": "globex-key"}
SECRET = b"a secret of more than 32 bytes, for tests"
NO_CALLBACKS = CallbackRules()
ASYNC = {"Prefer": "respond-async"}


class TwinApi:
    """`answer` is what the worker says to a request: an event, or None for nothing yet. Keys are
    words of any kind, unless `may_be_key` says otherwise."""

    def __init__(
        self,
        settings: ApiSettings,
        *,
        limits: Limits | None = None,
        log: MemoryLog | None = None,
        keys: Mapping[str, str] = KEYS,
        auth: AuthSettings | None = None,
        people: tuple[MemoryUserStore, MemoryTokenStore] | None = None,
        fetch_issuer_keys: Fetch | None = None,
        callbacks: CallbackRules = NO_CALLBACKS,
        may_be_key: Callable[[str], bool] = bool,
    ) -> None:
        self._may_be_key = may_be_key
        self._callbacks = callbacks
        self._fetch_issuer_keys = fetch_issuer_keys
        self._auth = auth or AuthSettings()
        self._keys = keys
        self.log = log or MemoryLog()
        self.postgres = Switch("postgres")
        self.images = Images()
        self.analyses = Analyses(self.postgres)
        self.api_keys = ApiKeys(self.postgres)
        self.people = people or _people()
        self.users, self.tokens = self.people
        self.cache = Cache()
        self.metrics = Metrics()
        self.audit = MemoryAuditStore()
        self.limit_store = LimitsSwitch(self.metrics)
        self.attempts = self.make_attempts()
        self.answer: Callable[[Request], RequestFact | None] = analyzed
        self.tail: MemoryTail | None = None
        self.app = create_app(self._parts(settings, limits or Limits()), opening=self._open)

    def client(self, tenant_id: str | None = "acme") -> httpx.AsyncClient:
        headers = {} if tenant_id is None else {"Authorization": f"Bearer {KEYS[tenant_id]}"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    async def let_in(self, text: str, key: ApiKey) -> httpx.AsyncClient:
        """A client with that key, which is in the store from now on."""
        digest = hashlib.sha256(text.encode()).digest()
        await self.api_keys.add_api_key(key, digest, note=KeyNote("t"))
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {text}"}
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    def make_attempts(self) -> AttemptStore:
        """A test may have another one."""
        return MemoryAttemptStore()

    def say(self, event: RequestFact) -> None:
        """Put an outcome into the log."""
        home = topic_of(type(event))
        self.log.append(encode(event, home, source="test", traceparent=None))

    def drain(self) -> None:
        self.app.state.drain()

    @property
    def is_empty(self) -> bool:
        """Nothing stored, no row, nothing announced."""
        return not (self.images.keys or self.analyses.requests or any(self.log.records.values()))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["TwinApi"]:
        async with self.app.router.lifespan_context(self.app):
            yield self

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        for tenant_id, key in self._keys.items():
            digest = hashlib.sha256(key.encode()).digest()
            known = ApiKey(f"key-{tenant_id}", tenant_id)
            await self.api_keys.add_api_key(known, digest, note=KeyNote("t"))
        worker = MemoryTail(self.log, (IMAGE_REQUESTED, IMAGE_SUBMITTED), self._work)
        stack.push_async_callback(worker.aclose)
        await worker.start()

    def _work(self, record: Record) -> None:
        request = decode(record, topic_named(record.topic)).event
        assert isinstance(request, ImageRequested | ImageSubmitted)
        answer = self.answer(request)
        if answer is not None:
            self.say(answer)

    def _make_tail(self, on_record: Callable[[Record], None]) -> MemoryTail:
        self.tail = MemoryTail(self.log, RESULTS, on_record)
        return self.tail

    def _parts(self, settings: ApiSettings, limits: Limits) -> ApiParts:
        return ApiParts(
            settings=settings,
            images=self.images,
            analyses=self.analyses,
            deliveries=MemoryDeliveryStore(self.analyses),
            callbacks=self._callbacks,
            api_keys=self.api_keys,
            users=self.users,
            tokens=self.tokens,
            auth=self._auth,
            fetch_issuer_keys=self._fetch_issuer_keys,
            may_be_key=self._may_be_key,
            cache=self.cache,
            publisher=MemoryPublisher(self.log),
            make_tail=self._make_tail,
            metrics=self.metrics,
            audit=AuditLog(self.audit, self.metrics),
            limit_store=self.limit_store,
            limits=limits,
            attempts=self.attempts,
            clock=lambda: datetime.now(UTC),
            new_id=uuid.uuid4,
            sealing_secret=SECRET,
        )


def _people() -> tuple[MemoryUserStore, MemoryTokenStore]:
    users = MemoryUserStore()
    return users, MemoryTokenStore(users)


def nothing_yet(_: Request) -> None:
    """A worker that is still at it."""

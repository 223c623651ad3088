"""The composition root of the API: parts in, application out."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Lifespan

from ingest_api.auth import OwnTokens
from ingest_api.auth_people import KnownPeople
from ingest_api.auth_wiring import foreign_tokens, own_tokens
from ingest_api.cors import Cors
from ingest_api.credentials import CredentialChecker
from ingest_api.edge import Edge
from ingest_api.errors import RefusedError
from ingest_api.front import Front
from ingest_api.gate import Gate
from ingest_api.handlers import handlers_of
from ingest_api.health import Health
from ingest_api.limiter import Limiter
from ingest_api.limits import TenantLimits
from ingest_api.limits_refused import RefusedLimits
from ingest_api.live import Hub
from ingest_api.openapi_document import DescribedApi
from ingest_api.parts import ApiParts
from ingest_api.policies import Policies
from ingest_api.problems import (
    on_http_exception,
    on_refused,
    on_storage_error,
    on_validation_error,
)
from ingest_api.queries import Queries
from ingest_api.routes import register
from ingest_api.security_headers import SecurityHeaders
from ingest_api.stopping import told_to_stop
from storage.errors import StorageError
from storage.known_keys import KnownKeys
from topics.tail import EventTail

Opening = Callable[[contextlib.AsyncExitStack], Awaitable[None]]


async def _nothing_to_open(_: contextlib.AsyncExitStack) -> None:
    """The parts need nothing that lives as long as the application."""


def create_app(parts: ApiParts, *, opening: Opening = _nothing_to_open) -> FastAPI:
    """Nothing connects before the lifespan starts; when it ends, every part is closed.

    `opening` runs first in the lifespan: it opens what the parts share, a pool of connections, and
    leaves its closing on the stack. `app.state.drain` ends waits and streams; the stop signals
    call it by themselves.
    """
    settings = parts.settings
    hub = Hub(metrics=parts.metrics, max_streams=settings.max_streams)
    tail = parts.make_tail(hub.on_record)
    hub.follow(tail)
    own = own_tokens(parts)
    handlers = handlers_of(parts, hub, own)
    app = DescribedApi(
        title="AI Image Analyzer",
        version="1",
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(parts, hub, tail, handlers.health, opening),
    )
    app.add_exception_handler(RefusedError, on_refused)
    app.add_exception_handler(StorageError, on_storage_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.state.drain = hub.drain
    register(app, handlers, settings)
    policies = Policies(protects_metrics=settings.metrics_for == "operators")
    policies.check_complete(app.routes)
    app.policies = policies
    limiter = Limiter(
        store=parts.limit_store, limits=parts.limits, metrics=parts.metrics, audit=parts.audit
    )
    # Added last is outermost: what the gate lets in is counted, and so is what it refuses.
    app.add_middleware(Queries, routes=app.routes)
    app.add_middleware(TenantLimits, limiter=limiter, max_bytes=settings.max_request_bytes)
    app.add_middleware(
        Gate, checker=_checker(parts, own), policies=policies, settings=settings
    )  # fmt: skip
    app.add_middleware(RefusedLimits, limiter=limiter)
    cors = Cors(settings.cors_origins)
    app.add_middleware(Front, cors=cors, settings=settings)
    security = SecurityHeaders(settings)
    app.add_middleware(
        Edge, metrics=parts.metrics, cors=cors, security=security, tracer=parts.tracer
    )
    return app


def _checker(parts: ApiParts, own: OwnTokens | None) -> CredentialChecker:
    hit_s, miss_s = parts.settings.auth_cache_s, parts.settings.auth_miss_cache_s
    people = KnownPeople(
        own=None if own is None else own.access,
        foreign=foreign_tokens(parts),
        store=parts.tokens,
        hit_s=hit_s,
        miss_s=miss_s,
        clock=parts.clock,
    )
    keys = KnownKeys(parts.api_keys, hit_s=hit_s, miss_s=miss_s, may_be_key=parts.may_be_key)
    return CredentialChecker(keys, people)


def _lifespan(
    parts: ApiParts, hub: Hub, tail: EventTail, health: Health, opening: Opening
) -> Lifespan[FastAPI]:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            await opening(stack)
            for store in (parts.images, parts.analyses, parts.cache, parts.limit_store):
                stack.push_async_callback(store.aclose)
            stack.push_async_callback(parts.attempts.aclose)
            stack.push_async_callback(parts.audit.aclose)
            stack.push_async_callback(parts.publisher.aclose)
            await parts.publisher.start()
            stack.push_async_callback(tail.aclose)
            await tail.start()
            await stack.enter_async_context(health.watching())
            stack.enter_context(told_to_stop(hub.drain))
            yield
            hub.drain()

    return lifespan

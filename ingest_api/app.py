"""The composition root of the API: parts in, application out."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Lifespan

from ingest_api.accept import Acceptance
from ingest_api.analyses import Analyses
from ingest_api.answers import Answers
from ingest_api.auth import Auth, OwnTokens
from ingest_api.auth_people import KnownPeople
from ingest_api.auth_wiring import foreign_tokens, own_tokens
from ingest_api.callbacks import Callbacks
from ingest_api.cancels import Cancels
from ingest_api.capacity import UnfinishedCap
from ingest_api.contract import Contract
from ingest_api.cors import Cors
from ingest_api.credentials import CredentialChecker
from ingest_api.deliveries import Deliveries
from ingest_api.dependencies import ESSENTIAL, dependencies_of
from ingest_api.edge import Edge
from ingest_api.errors import RefusedError
from ingest_api.event_ids import IdSealer
from ingest_api.failpoints import failpoint
from ingest_api.front import Front
from ingest_api.gate import Gate
from ingest_api.health import Health
from ingest_api.keys import Keys
from ingest_api.limiter import Limiter
from ingest_api.limits import TenantLimits
from ingest_api.limits_refused import RefusedLimits
from ingest_api.live import Hub
from ingest_api.lookup import Lookup
from ingest_api.openapi_document import DescribedApi
from ingest_api.own_password import OwnPassword
from ingest_api.parts import ApiParts
from ingest_api.policies import Policies
from ingest_api.problems import (
    on_http_exception,
    on_refused,
    on_storage_error,
    on_validation_error,
)
from ingest_api.queries import Queries
from ingest_api.routes import Handlers, register
from ingest_api.security_headers import SecurityHeaders
from ingest_api.stopping import told_to_stop
from ingest_api.streams import Streams
from ingest_api.telling import Telling
from ingest_api.uploads import Uploads
from ingest_api.urls import Urls
from ingest_api.users import Users
from ingest_api.views import Views
from storage.errors import StorageError
from storage.known_keys import KnownKeys
from storage.unfinished import UnfinishedCount
from telemetry.dependencies import DependencyWatch
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
    handlers = _handlers(parts, hub, own)
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
    return CredentialChecker(KnownKeys(parts.api_keys, hit_s=hit_s, miss_s=miss_s), people)


def _handlers(parts: ApiParts, hub: Hub, own: OwnTokens | None) -> Handlers:
    settings = parts.settings
    views = Views(public_url=settings.public_url)
    telling = Telling(parts.tracer)
    lookup = Lookup(cache=parts.cache, analyses=parts.analyses, hub=hub, metrics=parts.metrics)
    acceptance = Acceptance(
        images=parts.images,
        analyses=parts.analyses,
        publisher=parts.publisher,
        cap=UnfinishedCap(
            UnfinishedCount(parts.analyses, limit=settings.max_unfinished),
            limit=settings.max_unfinished,
            throughput=hub.throughput,
        ),
        metrics=parts.metrics,
        clock=parts.clock,
        new_id=parts.new_id,
        failpoint=failpoint(settings.failpoint),
    )
    answers = Answers(
        acceptance=acceptance,
        hub=hub,
        lookup=lookup,
        views=views,
        failpoint=failpoint(settings.failpoint),
        telling=telling,
    )
    callbacks = Callbacks(parts.callbacks, parts.audit)
    return Handlers(
        uploads=Uploads(
            acceptance=acceptance, answers=answers, callbacks=callbacks, settings=settings
        ),
        urls=Urls(
            acceptance=acceptance,
            answers=answers,
            audit=parts.audit,
            callbacks=callbacks,
            settings=settings,
        ),
        analyses=Analyses(lookup=lookup, views=views),
        cancels=Cancels(
            lookup=lookup,
            analyses=parts.analyses,
            publisher=parts.publisher,
            views=views,
            audit=parts.audit,
            clock=parts.clock,
        ),
        deliveries=Deliveries(analyses=parts.analyses, deliveries=parts.deliveries),
        streams=Streams(
            hub=hub,
            lookup=lookup,
            sealer=IdSealer(parts.sealing_secret),
            views=views,
            limits=parts.limits,
            settings=settings,
            metrics=parts.metrics,
            telling=telling,
        ),
        keys=Keys(store=parts.api_keys, audit=parts.audit, clock=parts.clock, settings=settings),
        users=Users(
            store=parts.users,
            audit=parts.audit,
            clock=parts.clock,
            new_id=parts.new_id,
            settings=settings,
        ),
        auth=Auth(
            own=own,
            users=parts.users,
            tokens=parts.tokens,
            audit=parts.audit,
            clock=parts.clock,
            new_id=parts.new_id,
            settings=settings,
        ),
        own_password=OwnPassword(own=own, users=parts.users, audit=parts.audit, settings=settings),
        contract=Contract(),
        health=Health(
            DependencyWatch(dependencies_of(parts, hub, acceptance), parts.metrics),
            parts.metrics,
            essential=ESSENTIAL,
            tells_metrics=settings.metrics_for != "nobody",
        ),
    )


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

"""Parts in, the handlers of all routes out."""

from dataclasses import dataclass

from ingest_api.accept import Acceptance
from ingest_api.analyses import Analyses
from ingest_api.answers import Answers
from ingest_api.auth import Auth, OwnTokens
from ingest_api.callbacks import Callbacks
from ingest_api.cancels import Cancels
from ingest_api.capacity import UnfinishedCap
from ingest_api.contract import Contract
from ingest_api.deliveries import Deliveries
from ingest_api.dependencies import ESSENTIAL, dependencies_of
from ingest_api.event_ids import IdSealer
from ingest_api.failpoints import failpoint
from ingest_api.health import Health
from ingest_api.keys import Keys
from ingest_api.live import Hub
from ingest_api.lookup import Lookup
from ingest_api.own_password import OwnPassword
from ingest_api.parts import ApiParts
from ingest_api.routes import Handlers
from ingest_api.streams import Streams
from ingest_api.telling import Telling
from ingest_api.uploads import Uploads
from ingest_api.urls import Urls
from ingest_api.users import Users
from ingest_api.views import Views
from storage.unfinished import UnfinishedCount
from telemetry.dependencies import DependencyWatch


def handlers_of(parts: ApiParts, hub: Hub, own: OwnTokens | None) -> Handlers:
    settings, audit = parts.settings, parts.audit
    shared = _shared(parts, hub)
    answers = _answers(parts, shared)
    callbacks = Callbacks(parts.callbacks, audit)
    return Handlers(
        uploads=Uploads(
            acceptance=shared.acceptance, answers=answers, callbacks=callbacks, settings=settings
        ),
        urls=Urls(
            acceptance=shared.acceptance, answers=answers, audit=audit, callbacks=callbacks,
            settings=settings,
        ),
        analyses=Analyses(lookup=shared.lookup, views=shared.views),
        cancels=_cancels(parts, shared),
        deliveries=Deliveries(analyses=parts.analyses, deliveries=parts.deliveries),
        streams=_streams(parts, shared),
        keys=Keys(store=parts.api_keys, audit=audit, clock=parts.clock, settings=settings),
        users=Users(
            store=parts.users, audit=audit, clock=parts.clock, new_id=parts.new_id,
            settings=settings,
        ),
        auth=Auth(
            own=own, users=parts.users, tokens=parts.tokens, audit=audit, clock=parts.clock,
            new_id=parts.new_id, settings=settings,
        ),
        own_password=OwnPassword(own=own, users=parts.users, audit=audit, settings=settings),
        contract=Contract(),
        health=_health(parts, shared),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shared:
    """What several handlers work with."""

    hub: Hub
    views: Views
    telling: Telling
    lookup: Lookup
    acceptance: Acceptance


def _shared(parts: ApiParts, hub: Hub) -> _Shared:
    return _Shared(
        hub=hub,
        views=Views(public_url=parts.settings.public_url),
        telling=Telling(parts.tracer),
        lookup=Lookup(cache=parts.cache, analyses=parts.analyses, hub=hub, metrics=parts.metrics),
        acceptance=_acceptance(parts, hub),
    )


def _acceptance(parts: ApiParts, hub: Hub) -> Acceptance:
    limit = parts.settings.max_unfinished
    unfinished = UnfinishedCount(parts.analyses, limit=limit)
    return Acceptance(
        images=parts.images,
        analyses=parts.analyses,
        publisher=parts.publisher,
        cap=UnfinishedCap(unfinished, limit=limit, throughput=hub.throughput),
        metrics=parts.metrics,
        clock=parts.clock,
        new_id=parts.new_id,
        failpoint=failpoint(parts.settings.failpoint),
    )


def _answers(parts: ApiParts, shared: _Shared) -> Answers:
    return Answers(
        acceptance=shared.acceptance,
        hub=shared.hub,
        lookup=shared.lookup,
        views=shared.views,
        failpoint=failpoint(parts.settings.failpoint),
        telling=shared.telling,
    )


def _cancels(parts: ApiParts, shared: _Shared) -> Cancels:
    return Cancels(
        lookup=shared.lookup,
        analyses=parts.analyses,
        publisher=parts.publisher,
        views=shared.views,
        audit=parts.audit,
        clock=parts.clock,
    )


def _streams(parts: ApiParts, shared: _Shared) -> Streams:
    return Streams(
        hub=shared.hub,
        lookup=shared.lookup,
        sealer=IdSealer(parts.sealing_secret),
        views=shared.views,
        limits=parts.limits,
        settings=parts.settings,
        metrics=parts.metrics,
        telling=shared.telling,
    )


def _health(parts: ApiParts, shared: _Shared) -> Health:
    dependencies = dependencies_of(parts, shared.hub, shared.acceptance)
    return Health(
        DependencyWatch(dependencies, parts.metrics),
        parts.metrics,
        essential=ESSENTIAL,
        tells_metrics=parts.settings.metrics_for != "nobody",
    )

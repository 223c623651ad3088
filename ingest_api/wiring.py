"""The composition root of the API: settings to the parts that are real."""

import os
import secrets
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from ingest_api.app import create_app
from ingest_api.auth_settings import AuthSettings
from ingest_api.auth_wiring import issuer_keys_fetcher
from ingest_api.limit_settings import Limits
from ingest_api.parts import ApiParts
from ingest_api.serve import serve
from ingest_api.settings import ApiSettings
from outbound.callbacks import callback_rules
from outbound.settings import WebhookSettings
from storage.analyses_postgres import PostgresAnalysisStore
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.audit import AuditLog
from storage.audit_postgres import PostgresAuditStore
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.opening import (
    make_pool,
    open_attempts,
    open_cache,
    open_images,
    open_limits,
    redis_breaker,
)
from storage.postgres_pool import PostgresPool
from storage.settings import BucketSettings, PostgresSettings, RedisSettings
from storage.tokens_postgres import PostgresTokenStore
from storage.users_postgres import PostgresUserStore
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.metrics_port import MetricsSettings, metrics_told
from telemetry.process_watch import watched_process
from telemetry.spans import UNTRACED, Tracer
from topics.catalog import RESULTS
from topics.publisher import KafkaPublisher
from topics.publisher_metrics import counted_sending
from topics.settings import KafkaSettings
from topics.tail import KafkaTail
from topics.tail_start import BehindGroup

_log = get_logger(__name__)
_PUBLISH_BUDGET_S = 1.0
_RECORDER = RESULTS[0].groups[0]


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """The slices of the settings that the API needs."""

    api: ApiSettings
    kafka: KafkaSettings
    postgres: PostgresSettings
    bucket: BucketSettings
    redis: RedisSettings
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    limits: Limits = field(default_factory=Limits)
    tracer: Tracer = UNTRACED
    metrics: MetricsSettings = field(default_factory=MetricsSettings)


def run_api(config: ApiConfig) -> None:
    """Serves until SIGTERM or SIGINT."""
    metrics = Metrics("api")
    pool = make_pool(config.postgres, metrics)

    async def open_pool(stack: AsyncExitStack) -> None:
        stack.push_async_callback(pool.aclose)
        await pool.open()
        await stack.enter_async_context(watched_process(metrics))
        await stack.enter_async_context(metrics_told(metrics, config.metrics))

    app = create_app(make_parts(config, pool, metrics), opening=open_pool)
    serve(app, config.api, metrics)


def make_parts(config: ApiConfig, pool: PostgresPool, metrics: Metrics) -> ApiParts:
    """Builds everything and connects nothing; the pool is opened and closed by the caller."""
    breaker = redis_breaker(config.redis, metrics)
    source = f"/image-analyzer/api/{socket.gethostname()}/{os.getpid()}"
    return ApiParts(
        settings=config.api,
        images=open_images(config.bucket, metrics),
        analyses=PostgresAnalysisStore(pool),
        deliveries=PostgresDeliveryStore(pool),
        api_keys=PostgresApiKeyStore(pool),
        users=PostgresUserStore(pool),
        tokens=PostgresTokenStore(pool),
        auth=config.auth,
        fetch_issuer_keys=issuer_keys_fetcher(config.auth),
        cache=open_cache(config.redis, metrics, breaker=breaker),
        publisher=KafkaPublisher(
            config.kafka, source=source, budget_s=_PUBLISH_BUDGET_S, timing=counted_sending(metrics)
        ),
        make_tail=lambda on_record: KafkaTail(
            config.kafka, RESULTS, on_record, start=BehindGroup(config.kafka, _RECORDER)
        ),
        metrics=metrics,
        audit=AuditLog(PostgresAuditStore(pool), metrics),
        limit_store=open_limits(config.redis, metrics, breaker=breaker),
        limits=config.limits,
        callbacks=callback_rules(
            config.webhooks, config.api.fetch_allow_networks, config.api.own_hosts
        ),
        attempts=open_attempts(config.redis, metrics, breaker=breaker),
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
        sealing_secret=_sealing_secret(config.api),
        tracer=config.tracer,
    )


def _sealing_secret(settings: ApiSettings) -> bytes:
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    _log.warning("event_ids_end_with_the_process", remedy="set ANALYZER_API__SECRET")
    return secrets.token_bytes(32)

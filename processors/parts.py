"""What the processors of one worker process share: stores, publisher, detector, clients."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from outbound.client import FetchLimits, GuardedClient
from outbound.own_hosts import own_hosts
from outbound.settings import WebhookSettings
from processors.cancellations import Cancellations
from processors.detectors.catalog import ModelEntry, read_catalog
from processors.detectors.files import ModelFolders
from processors.detectors.install import install_models
from processors.detectors.limits import ChildLimits, PictureLimits
from processors.detectors.load import show_load
from processors.detectors.pool import ChildProcessDetector
from processors.detectors.port import Detector
from processors.outcomes import Outcomes
from processors.refusals import Refusals
from processors.scan.address import to_address
from processors.scan.clamd import ClamdScanner
from processors.scan.port import Scanner
from processors.scan.settings import ScannerSettings
from processors.settings import WorkerSettings
from storage.analyses_postgres import PostgresAnalysisStore
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.audit import AuditLog
from storage.audit_postgres import PostgresAuditStore
from storage.deliveries import DeliveryStore
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.opening import make_pool, open_images
from storage.ports import AnalysisStore, ApiKeyStore, ImageStore
from storage.postgres_pool import PostgresPool
from storage.settings import BucketSettings, PostgresSettings
from telemetry.metrics import Metrics
from telemetry.process_watch import watched_process
from telemetry.spans import UNTRACED, Tracer
from topics.catalog import CANCEL_REQUESTED
from topics.publisher import EventPublisher, KafkaPublisher
from topics.publisher_metrics import counted_sending
from topics.settings import KafkaSettings
from topics.tail import KafkaTail
from topics.tail_start import Since

_PUBLISH_BUDGET_S = 10.0
_CATCH_UP_S = 60.0


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """The slices of the settings that a worker needs."""

    kafka: KafkaSettings
    postgres: PostgresSettings
    bucket: BucketSettings
    worker: WorkerSettings
    scanner: ScannerSettings = field(default_factory=ScannerSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    models_dir: Path | None = None
    tracer: Tracer = UNTRACED


@dataclass(frozen=True, slots=True)
class Parts:
    config: WorkerConfig
    images: ImageStore
    pool: PostgresPool
    analyses: AnalysisStore
    deliveries: DeliveryStore
    api_keys: ApiKeyStore
    cancelled: Cancellations
    cancel_tail: KafkaTail | None
    publisher: EventPublisher
    outcomes: Outcomes
    refusals: Refusals
    audit: AuditLog
    client: GuardedClient
    webhook_client: GuardedClient | None
    detector: Detector | None
    scanner: Scanner | None
    metrics: Metrics
    clock: Callable[[], datetime]


def make_parts(
    config: WorkerConfig,
    *,
    process: str,
    runs: Sequence[str] = (),
    needs_detector: bool,
    needs_cancels: bool = True,
    needs_scanner: bool = True,
    needs_webhooks: bool = False,
) -> Parts:
    """Builds everything and connects nothing; `open_parts` does. `runs` are the processors that
    the metrics are told for."""
    cancelled = Cancellations()
    metrics = Metrics("worker", *runs)
    images = open_images(config.bucket, metrics)
    pool = make_pool(config.postgres, metrics)
    analyses = PostgresAnalysisStore(pool)
    source = f"/image-analyzer/{process}/{socket.gethostname()}/{os.getpid()}"
    publisher = KafkaPublisher(
        config.kafka, source=source, budget_s=_PUBLISH_BUDGET_S, timing=counted_sending(metrics)
    )
    return Parts(
        config=config,
        images=images,
        pool=pool,
        analyses=analyses,
        deliveries=PostgresDeliveryStore(pool),
        api_keys=PostgresApiKeyStore(pool),
        cancelled=cancelled,
        cancel_tail=_make_cancel_tail(config, cancelled) if needs_cancels else None,
        publisher=publisher,
        outcomes=Outcomes(publisher, analyses, cancelled),
        refusals=Refusals(publisher, images),
        audit=AuditLog(PostgresAuditStore(pool), metrics),
        client=_make_client(config.worker),
        webhook_client=_make_webhook_client(config) if needs_webhooks else None,
        detector=_make_detector(config, metrics) if needs_detector else None,
        scanner=_make_scanner(config.scanner) if needs_scanner else None,
        metrics=metrics,
        clock=lambda: datetime.now(UTC),
    )


async def open_parts(parts: Parts, stack: AsyncExitStack) -> None:
    """Connects in order; the stack lets go of everything in reverse."""
    await stack.enter_async_context(watched_process(parts.metrics))
    stack.push_async_callback(parts.images.aclose)
    stack.push_async_callback(parts.client.aclose)
    if parts.webhook_client is not None:
        stack.push_async_callback(parts.webhook_client.aclose)
    stack.push_async_callback(parts.pool.aclose)
    await parts.pool.open()
    stack.push_async_callback(parts.audit.aclose)
    stack.push_async_callback(parts.publisher.aclose)
    await parts.publisher.start()
    if parts.cancel_tail is not None:
        stack.push_async_callback(parts.cancel_tail.aclose)
        await parts.cancel_tail.start()
        # What was cancelled before must be known before the first request is taken.
        await asyncio.wait_for(parts.cancel_tail.wait_until_caught_up(), _CATCH_UP_S)
    if parts.detector is not None:
        stack.push_async_callback(parts.detector.aclose)
        await parts.detector.start()


def _make_cancel_tail(config: WorkerConfig, cancelled: Cancellations) -> KafkaTail:
    longest_life = timedelta(seconds=config.worker.deadline_max_s)
    return KafkaTail(
        config.kafka, (CANCEL_REQUESTED,), cancelled.on_record, start=Since(longest_life)
    )


def _make_client(settings: WorkerSettings) -> GuardedClient:
    limits = FetchLimits(max_bytes=settings.max_image_bytes)
    return GuardedClient(
        limits=limits, allow_networks=settings.fetch_allow_networks,
        own_hosts=own_hosts(settings.own_hosts),
    )  # fmt: skip


def _make_webhook_client(config: WorkerConfig) -> GuardedClient:
    """One of its own: names that are slow to look up hold up no download of a picture."""
    webhooks = config.webhooks
    limits = FetchLimits(read_s=webhooks.timeout_s, total_s=webhooks.timeout_s)
    return GuardedClient(
        limits=limits, allow_networks=config.worker.fetch_allow_networks,
        own_hosts=own_hosts(config.worker.own_hosts), accept="*/*",
        purpose="webhook", max_lookups=webhooks.max_in_flight,
    )  # fmt: skip


def _make_detector(config: WorkerConfig, metrics: Metrics) -> Detector:
    worker = config.worker
    catalog = _preferred_first(read_catalog(), worker.preferred_model)
    models = install_models(catalog, ModelFolders.of(config.models_dir, os.environ))
    picture = PictureLimits(max_pixels=worker.max_pixels, max_side=worker.max_side_px)
    limits = ChildLimits(picture=picture, deadline_s=worker.item_timeout_s)
    detector = ChildProcessDetector(models, children=worker.child_count, limits=limits)
    show_load(lambda: detector.load, metrics)
    return detector


def _make_scanner(settings: ScannerSettings) -> Scanner | None:
    if settings.address is None:
        return None
    return ClamdScanner(
        to_address(settings.address),
        timeout_s=settings.timeout_s,
        max_concurrent=settings.max_concurrent,
    )


def _preferred_first(catalog: tuple[ModelEntry, ...], name: str) -> tuple[ModelEntry, ...]:
    """Raises ValueError for a name that is not in the catalog."""
    if name not in {entry.name for entry in catalog}:
        known = ", ".join(entry.name for entry in catalog)
        raise ValueError(f"preferred_model {name!r} is not in the catalog; it has {known}")
    return tuple(sorted(catalog, key=lambda entry: entry.name != name))

"""Who does what: every processor, the topics it works and the consumer group it works them in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import mode
import uvloop

from outbound.webhook_secrets import SecretSource
from processors.admit import AdmitRequest
from processors.announce_again import AnnounceAgain
from processors.count_outcomes import CountOutcomes
from processors.counted_client import CountedClient
from processors.deliver import Deliverer
from processors.deliver_pause import Pauses
from processors.deliver_send import SendDelivery
from processors.dependency_watch import make_watch, reports_of
from processors.detect import DetectImage
from processors.faust_app import WorkerApp, make_app
from processors.faust_fetch_wait import FetchPatience
from processors.fetch import FetchImage
from processors.guard import Guard
from processors.health_server import HealthServer
from processors.hold import Hold
from processors.inbox_checks import InboxLimits
from processors.liveness import Consumption, FaustMember, Liveness
from processors.parts import Parts, WorkerConfig, make_parts
from processors.process import Errand, Resources, Together, WorkerProcess, check_broker
from processors.producers import Producers
from processors.pulse import Pulse
from processors.reap import Reaper
from processors.record import RecordOutcome
from processors.rights import rights_of
from processors.room import InboxRoom
from processors.scan.scan_picture import ScanPicture
from processors.settlement import Handler, Patience, Settlement
from processors.stored_pictures import StoredPictures
from processors.sweep import Sweeper
from processors.work_metrics import show_member, show_work
from processors.work_spans import WorkSpans
from schemas.failures import FailureCode
from storage.known_keys import KnownKeys
from telemetry.logs import get_logger
from topics.catalog import (
    ANALYSIS_FAILED,
    IMAGE_ANALYZED,
    IMAGE_REQUESTED,
    IMAGE_REQUESTED_BULK,
    IMAGE_REQUESTED_INBOX,
    IMAGE_SUBMITTED,
    IMAGE_SUBMITTED_BULK,
    IMAGE_SUBMITTED_INBOX,
    Topic,
)
from topics.dead_letters import Refusal
from topics.delayed import DelayedForwarder
from topics.horizon import KafkaBacklogClock
from topics.membership import view_group
from topics.records import Record

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Role:
    """A processor that consumes: its topics and what makes its handler."""

    topics: tuple[Topic, ...]
    make_handler: Callable[[Parts], Handler]
    fetch: FetchPatience | None = None

    @property
    def group(self) -> str:
        return self.topics[0].groups[0]


def _detect(parts: Parts, *, interactive: bool) -> Handler:
    if parts.detector is None:
        raise RuntimeError("a detect role was made without a detector")
    return DetectImage(
        pictures=_stored_pictures(parts), detector=parts.detector, publisher=parts.publisher,
        outcomes=parts.outcomes, metrics=parts.metrics, clock=parts.clock, interactive=interactive,
    )  # fmt: skip


def _stored_pictures(parts: Parts) -> StoredPictures:
    scan = ScanPicture(
        scanner=parts.scanner, settings=parts.config.scanner, images=parts.images,
        outcomes=parts.outcomes, audit=parts.audit, metrics=parts.metrics,
    )  # fmt: skip
    return StoredPictures(
        images=parts.images, scan=scan, outcomes=parts.outcomes,
        max_image_bytes=parts.config.worker.max_image_bytes,
    )  # fmt: skip


def _fetch(parts: Parts, announce_on: Topic) -> Handler:
    return FetchImage(
        client=CountedClient(parts.client, parts.metrics), images=parts.images,
        publisher=parts.publisher, outcomes=parts.outcomes, audit=parts.audit, clock=parts.clock,
        announce_on=announce_on,
    )  # fmt: skip


def _admit(parts: Parts) -> Handler:
    worker = parts.config.worker
    keys = KnownKeys(parts.api_keys, hit_s=worker.auth_cache_s, miss_s=worker.auth_miss_cache_s)
    return AdmitRequest(
        producers=Producers(keys, bound=worker.inbox_tenants),
        images=parts.images, analyses=parts.analyses, publisher=parts.publisher,
        room=InboxRoom(parts.analyses, limit=worker.max_unfinished),
        limits=InboxLimits.of(worker, parts.config.webhooks),
        metrics=parts.metrics, clock=parts.clock,
    )  # fmt: skip


ROLES = {
    "admit": Role((IMAGE_REQUESTED_INBOX, IMAGE_SUBMITTED_INBOX), _admit),
    "fetch": Role((IMAGE_REQUESTED,), lambda parts: _fetch(parts, IMAGE_SUBMITTED)),
    "fetch-bulk": Role((IMAGE_REQUESTED_BULK,), lambda parts: _fetch(parts, IMAGE_SUBMITTED_BULK)),
    "detect": Role((IMAGE_SUBMITTED,), lambda parts: _detect(parts, interactive=True)),
    "detect-bulk": Role((IMAGE_SUBMITTED_BULK,), lambda parts: _detect(parts, interactive=False)),
    "record": Role(
        (IMAGE_ANALYZED, ANALYSIS_FAILED),
        lambda parts: CountOutcomes(
            RecordOutcome(parts.analyses, tracer=parts.config.tracer), parts.metrics, parts.clock
        ),
        # Nobody waits for the row: clients are told from the log. Fewer, larger batches.
        FetchPatience(max_wait_ms=100, min_bytes=64_000),
    ),
}


def _retry(parts: Parts) -> Callable[[], Awaitable[None]]:
    metrics = parts.metrics

    async def refuse(record: Record, refusal: Refusal) -> None:
        await parts.refusals.write(record, refusal, FailureCode.INVALID_EVENT)
        metrics.dead_letters.labels(record.topic, refusal.reason).inc()

    return DelayedForwarder(
        parts.config.kafka, parts.publisher, refuse, tracer=parts.config.tracer,
        on_returned=lambda record: metrics.returned.labels(record.topic).inc(),
    ).run  # fmt: skip


def _sweep(parts: Parts) -> Callable[[], Awaitable[None]]:
    worker = parts.config.worker
    reaper = Reaper(
        images=parts.images, analyses=parts.analyses, metrics=parts.metrics, clock=parts.clock,
        after=timedelta(seconds=worker.reap_after_s), every=timedelta(seconds=worker.reap_every_s),
        deliveries=parts.deliveries,
        keep_deliveries=timedelta(seconds=parts.config.webhooks.keep_s),
    )  # fmt: skip
    return Sweeper(
        analyses=parts.analyses,
        again=AnnounceAgain(parts.publisher, tracer=parts.config.tracer),
        backlog=KafkaBacklogClock(parts.config.kafka), reaper=reaper, clock=parts.clock,
        metrics=parts.metrics, every_s=worker.sweep_every_s, grace_s=worker.sweep_grace_s,
    ).run  # fmt: skip


def _deliver(parts: Parts) -> Callable[[], Awaitable[None]]:
    settings, hold_probe_s = parts.config.webhooks, parts.config.worker.hold_probe_s
    return Deliverer(
        deliveries=parts.deliveries, send=_sender(parts), settings=settings,
        hold=Hold(Pulse("deliver"), parts.metrics, probe_every_s=hold_probe_s),
        metrics=parts.metrics, tracer=parts.config.tracer,
    ).run  # fmt: skip


def _sender(parts: Parts) -> SendDelivery | None:
    settings = parts.config.webhooks
    if settings.master_secret is None or parts.webhook_client is None:
        return None
    return SendDelivery(
        client=parts.webhook_client,
        secrets=SecretSource(settings.master_secret.get_secret_value()),
        pauses=Pauses(settings), audit=parts.audit, metrics=parts.metrics, clock=parts.clock,
    )  # fmt: skip


ERRANDS = {"retry": _retry, "sweep": _sweep, "deliver": _deliver}
"""Processors that consume nothing through Faust."""

NAMES = (*ROLES, *ERRANDS)


def run_worker(names: Sequence[str], config: WorkerConfig) -> int:
    """Runs those processors until SIGTERM or SIGINT; the exit code is 0 after either.

    Raises ValueError for an unknown name; whatever a processor cannot survive is raised as well,
    so that the process ends with an error and is started again.
    """
    unknown = sorted(set(names) - set(NAMES))
    if unknown or not names:
        raise ValueError(f"unknown processors {unknown}; there are {', '.join(NAMES)}")
    detects = any(name.startswith("detect") for name in names)
    fetches = any(name.startswith("fetch") for name in names)
    if detects and config.scanner.address is None:
        _log.warning("scanner_off", meaning="pictures are analyzed without a scan for malware")
    parts = make_parts(
        config, process=names[0], runs=names, needs_detector=detects,
        needs_cancels=detects or fetches, needs_scanner=detects,
        needs_webhooks="deliver" in names,
    )  # fmt: skip
    return run_parts(names, parts)


def run_parts(names: Sequence[str], parts: Parts) -> int:
    """The same with parts that are made already."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(check_broker(parts.config.kafka, rights_of(names)))
    worker = WorkerProcess(
        _services(parts, names), loop, stop_deadline_s=parts.config.worker.stop_deadline_s
    )
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _services(parts: Parts, names: Sequence[str]) -> list[mode.Service]:
    """In the order in which they start; they stop in reverse."""
    made = [_consumption(name, parts) for name in names if name in ROLES]
    liveness = _liveness(parts, [consumption for _, consumption in made])
    watch = make_watch(parts, lambda: liveness.health().holding)
    server = HealthServer(
        liveness.health, lambda: reports_of(watch), parts.metrics,
        host=parts.config.worker.health_host, port=parts.config.worker.health_port,
    )  # fmt: skip
    errands = [Errand(ERRANDS[name](parts)) for name in names if name in ERRANDS]
    applications = Together([app for app, _ in made])
    looking = [Errand(liveness.run), Errand(watch.run)]
    return [Resources(parts, server), *looking, applications, *errands]


def _consumption(name: str, parts: Parts) -> tuple[WorkerApp, Consumption]:
    role, worker = ROLES[name], parts.config.worker
    handle = role.make_handler(parts)
    settlements = [_settlement(role, topic, handle, parts) for topic in role.topics]
    spans = WorkSpans(role.group, tracer=parts.config.tracer)
    guards = [
        Guard(topic, settlement, prefetch=_prefetch(name, worker.prefetch), spans=spans)
        for topic, settlement in zip(role.topics, settlements, strict=True)
    ]
    app = make_app(role.group, parts.config.kafka, guards=guards, worker=worker, fetch=role.fetch)
    topics = tuple(topic.name for topic in role.topics)
    pulses = tuple(settlement.pulse for settlement in settlements)
    member = FaustMember(app)
    show_work(pulses, parts.metrics, most=_prefetch(name, worker.prefetch))
    show_member(role.group, member, parts.metrics)
    return app, Consumption(member, role.group, topics, pulses)


def _settlement(role: Role, topic: Topic, handle: Handler, parts: Parts) -> Settlement:
    worker = parts.config.worker
    patience = Patience(
        tries=worker.tries, pause_s=worker.try_pause_s, retry_delay_s=worker.retry_delay_s,
        probe_every_s=worker.hold_probe_s,
    )  # fmt: skip
    return Settlement(
        topic, handle, group=role.group, publisher=parts.publisher, refusals=parts.refusals,
        metrics=parts.metrics, patience=patience,
        explain=handle.explain if isinstance(handle, AdmitRequest) else None,
    )  # fmt: skip


def _liveness(parts: Parts, consumptions: Sequence[Consumption]) -> Liveness:
    worker = parts.config.worker
    return Liveness(
        partial(view_group, parts.config.kafka), consumptions,
        every_s=worker.live_every_s, grace_s=worker.live_grace_s,
        stuck_after_s=worker.stuck_after_s,
    )  # fmt: skip


def _prefetch(name: str, prefetch: int) -> int:
    """Recording is one statement a batch: the more are in work, the larger the batches."""
    return 8 * prefetch if name == "record" else prefetch

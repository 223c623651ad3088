"""Servers that are cut off, slow, gone or changed."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Final

import psycopg

from tests.alerts.fault import Fault, alert, meanwhile
from tests.alerts.stage import Stage
from tests.faults.picture_server import serving_pictures

_SLOW_RECORD_MS: Final = 250
_SLOW_BUCKET_MS: Final = 2800
_CLIENTS: Final = 20
_READERS: Final = 30
_UPLOADERS: Final = 5

_RENAME_AUDIT: Final = "ALTER TABLE audit_events RENAME TO audit_events_away"
_NAME_BACK: Final = "ALTER TABLE audit_events_away RENAME TO audit_events"
_FORBID_RESULTS: Final = """
ALTER TABLE analyses ADD CONSTRAINT no_results CHECK (state <> 'completed') NOT VALID
"""
_ALLOW_RESULTS: Final = "ALTER TABLE analyses DROP CONSTRAINT no_results"
_MORE_THAN_THE_LIMIT: Final = 60


@contextlib.asynccontextmanager
async def _broker_cut(stage: Stage) -> AsyncIterator[None]:
    with stage.rig.links.kafka.refused():
        yield


@contextlib.asynccontextmanager
async def _record_cut(stage: Stage) -> AsyncIterator[None]:
    with stage.rig.links.postgres.refused():
        yield


@contextlib.asynccontextmanager
async def _record_slow(stage: Stage) -> AsyncIterator[None]:
    with stage.rig.links.postgres.slow(latency_ms=_SLOW_RECORD_MS):
        async with contextlib.AsyncExitStack() as clients:
            for _ in range(_CLIENTS):
                await clients.enter_async_context(meanwhile(stage.upload_for_ever(0)))
            yield


@contextlib.asynccontextmanager
async def _bucket_cut(stage: Stage) -> AsyncIterator[None]:
    """The API stores no upload either; what waits are pictures that were to be fetched."""
    async with serving_pictures() as pictures:
        with stage.rig.links.s3.refused():
            for number in range(3):
                await stage.url(f"{pictures}/{number}.png")
            yield


@contextlib.asynccontextmanager
async def _bucket_slow(stage: Stage) -> AsyncIterator[None]:
    with stage.rig.links.s3.slow(latency_ms=_SLOW_BUCKET_MS):
        yield


@contextlib.asynccontextmanager
async def _redis_stopped(stage: Stage) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.rig.redis.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(stage.rig.redis.start)


@contextlib.asynccontextmanager
async def _scanner_stopped(stage: Stage) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.scanner.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(stage.scanner.start)


@contextlib.asynccontextmanager
async def _no_audit_table(stage: Stage) -> AsyncIterator[None]:
    await _execute(stage, _RENAME_AUDIT)
    try:
        async with meanwhile(_knock(stage)):
            yield
    finally:
        await _execute(stage, _NAME_BACK)


async def _knock(stage: Stage) -> None:
    """With keys that were never made: each is an event."""
    for number in itertools.count():
        wrong = {"Authorization": f"Bearer iak_{number:016}_never_made_by_anybody"}
        await stage.client.get("/api/v1/events", headers=wrong)
        await asyncio.sleep(1)


@contextlib.asynccontextmanager
async def _bad_migration(stage: Stage) -> AsyncIterator[None]:
    """The record refuses what the running version writes, as after a change of the schema that
    nobody tried: an error of ours, with each result."""
    await _execute(stage, _FORBID_RESULTS)
    try:
        for _ in range(_MORE_THAN_THE_LIMIT):
            await stage.upload()
        yield
    finally:
        await _execute(stage, _ALLOW_RESULTS)


async def _read_much(stage: Stage) -> None:
    """Good answers, until the bad ones are few enough among them."""

    async def read() -> None:
        while True:
            await stage.client.get("/api/v1/analyses/00000000-0000-7000-8000-000000000000")

    await asyncio.gather(*(read() for _ in range(_READERS)))


async def _upload_much(stage: Stage) -> None:
    """Each waits for its outcome, so that none is late for the sake of the others."""

    async def upload() -> None:
        while True:
            await stage.upload(prefer="wait=10")

    await asyncio.gather(*(upload() for _ in range(_UPLOADERS)))


async def _execute(stage: Stage, statement: str) -> None:
    def execute() -> None:
        with psycopg.connect(stage.rig.postgres.dsn, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    await asyncio.to_thread(execute)


RECORD_CUT = Fault(
    "Postgres refused by its link",
    (
        alert("BreakerOpen", dependency="postgres", job="api"),
        alert("ApiErrorBudgetBurnsFast"), alert("ApiErrorBudgetBurnsSlowly"),
    ),
    _record_cut, afterwards=_read_much,
)  # fmt: skip
RECORD_SLOW = Fault(
    f"each answer of Postgres {_SLOW_RECORD_MS} ms late, {_CLIENTS} clients at once",
    (alert("PostgresPoolExhausted"),), _record_slow,
)  # fmt: skip
BUCKET_SLOW = Fault(
    f"each answer of the bucket {_SLOW_BUCKET_MS / 1000:g} s late",
    (alert("ResultsLateFast"), alert("ResultsLateSlowly")),
    _bucket_slow, afterwards=_upload_much,
)  # fmt: skip
BUCKET_CUT = Fault(
    "the bucket refused by its link, with pictures to be fetched",
    (alert("WorkIsHeld", dependency="bucket"),), _bucket_cut,
)  # fmt: skip
BROKER_CUT = Fault(
    "Kafka refused by its link, uploads go on",
    (
        alert("TailDisconnected"), alert("SendsFail"), alert("AnnouncementsFail"),
        alert("DependencyDown", dependency="kafka"),
    ),
    _broker_cut,
)  # fmt: skip
REDIS_STOPPED = Fault("Redis killed", (alert("LimitsNotShared"),), _redis_stopped)
SCANNER_STOPPED = Fault(
    "clamd killed",
    (
        alert("ScannerUnavailable"),
        alert("ManyRetries", messaging_destination_name="image-submitted"),
    ),
    _scanner_stopped,
)
NO_AUDIT_TABLE = Fault(
    "the table of audit events renamed, keys that nobody made",
    (alert("AuditEventsLost"),), _no_audit_table,
)  # fmt: skip
BAD_MIGRATION = Fault(
    f"a constraint that no result fits, {_MORE_THAN_THE_LIMIT} uploads",
    (alert("DeadLetterLimitReached", messaging_destination_name="image-analyzed"),),
    _bad_migration,
)  # fmt: skip

"""Records that nobody may take, and a lane that nobody works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from aiokafka import AIOKafkaProducer

from tests.alerts.fault import Fault, alert, meanwhile
from tests.alerts.stage import Stage

_BULK: Final = "image-submitted-bulk"
_JUNK_A_SECOND: Final = 30
_HELD: Final = 5


@contextlib.asynccontextmanager
async def _bad_record(stage: Stage) -> AsyncIterator[None]:
    async with _producing(stage) as out:
        await out.send_and_wait("image-submitted", b"no json", key=b"nobody/nothing")
    yield


@contextlib.asynccontextmanager
async def _bad_in_inbox(stage: Stage) -> AsyncIterator[None]:
    async with _producing(stage) as out:
        await out.send_and_wait("image-submitted-inbox", b"no json", key=b"nobody/nothing")
    yield


@contextlib.asynccontextmanager
async def _bulk_unworked(stage: Stage) -> AsyncIterator[None]:
    """Requests that get old, and records that only swell the topic."""
    worker = stage.workers["detect-bulk"]
    await asyncio.to_thread(worker.stop)
    for _ in range(_HELD):
        await stage.upload(lane="bulk")
    try:
        async with _producing(stage) as out, meanwhile(_swell(out)):
            yield
    finally:
        worker.start()


async def _swell(out: AIOKafkaProducer) -> None:
    while True:
        for _ in range(_JUNK_A_SECOND):
            await out.send(_BULK, b"no json")
        await asyncio.sleep(1)


@contextlib.asynccontextmanager
async def _producing(stage: Stage) -> AsyncIterator[AIOKafkaProducer]:
    out = AIOKafkaProducer(bootstrap_servers=stage.rig.kafka.bootstrap_servers)
    await out.start()
    try:
        yield out
    finally:
        await out.stop()


BAD_RECORD = Fault(
    "a record that is no JSON",
    (alert("DeadLetters", messaging_destination_name="image-submitted"),), _bad_record,
)  # fmt: skip
BAD_IN_INBOX = Fault(
    "a record that is no JSON, in an inbox", (alert("InboxRefuses"),), _bad_in_inbox
)
BULK_UNWORKED = Fault(
    f"the bulk detector stopped, {_JUNK_A_SECOND} records a second go on",
    (
        alert("BulkRequestsAge", lane="bulk"),
        alert("ConsumerLagGrows", messaging_destination_name=_BULK),
        alert("ProcessorTakesNothing", messaging_destination_name=_BULK),
    ),
    _bulk_unworked, fires_within_s=240, clears_within_s=150,
)  # fmt: skip

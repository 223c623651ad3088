"""Batches that a real broker takes from a hostile producer: set aside by every processor."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from secrets import token_bytes

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from processors.app import ROLES
from tests.integration.processors.flow import Flow
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.integration.processors.strangers import good, let_in, stranger, write
from tests.integration.topics.groups import admin, commit, ends
from tests.support.hostile_batches import (
    ZSTD,
    Hostile,
    batch_of,
    hostile_batches,
    produce,
    record,
)
from topics.catalog import IMAGE_SUBMITTED
from topics.records import Record

MOST_MEGABYTES = 400
pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]

_DOORS = ("admit", "detect", "record")  # the others read in the same way, and take a minute more
_EACH_ROLE = [
    pytest.param(role, marks=() if role in _DOORS else (pytest.mark.slow,)) for role in ROLES
]


@pytest.mark.parametrize("role", _EACH_ROLE)
async def test_a_hostile_batch_is_set_aside_and_stops_nobody(flow: Flow, role: str) -> None:
    """On the first topic of every processor."""
    credential = await let_in(flow)
    topic = ROLES[role].topics[0]
    worker = await flow.start(role, hold_probe_s=1.0)
    async with Outlet.opened(flow.kafka, [topic.dead_letter_name]) as outlet:
        async with stranger(flow) as producer:
            written = [
                (hostile, await produce(producer, topic.name, hostile.batch.to_bytes()))
                for hostile in hostile_batches()
            ]
        [last] = await write(flow, topic, (good(topic, flow.tenant, credential),))
        await until_worked_off(flow.kafka, topic.groups[0], [topic], within_s=20)
        await outlet.until(lambda: len(refusals(outlet)) >= owed(written), within_s=10)
        letters = refusals(outlet)
        for hostile, offset in written:
            found = [why for at, why in sorted(letters.items()) if offset <= at < last.offset]
            assert tuple(found[: len(hostile.reasons)]) == hostile.reasons, hostile.name
        assert len(letters) == owed(written)
    assert worker.running
    assert worker.ask("/ready")[0] == 200
    assert peak_megabytes(worker.pid) < MOST_MEGABYTES


async def test_what_cannot_go_back_to_its_origin_is_set_aside_by_the_worker(flow: Flow) -> None:
    """Written straight to a retry topic: unreadable, larger than the origin takes, far larger."""
    retry, letters = IMAGE_SUBMITTED.retry_name, IMAGE_SUBMITTED.dead_letter_name
    batches = [
        batch_of([record(offset_delta=7)]),
        batch_of([record(token_bytes(1_150_000))]),
        batch_of([record(bytes(20_000_000))], codec=ZSTD),
    ]
    worker = await flow.start("retry")
    async with Outlet.opened(flow.kafka, [letters]) as outlet, stranger(flow) as producer:
        offsets = [await produce(producer, retry, batch.to_bytes()) for batch in batches]

        def written() -> dict[int, Record]:
            mine = [one for one in outlet.records if one.header("dlq-topic") == retry]
            return {int(one.header("dlq-offset") or -1): one for one in mine}

        await outlet.until(lambda: set(offsets) <= set(written()), within_s=20)
    found = [written()[offset] for offset in offsets]
    reasons = [letter.header("dlq-reason") for letter in found]
    assert reasons == ["batch_unreadable", "size_exceeded", "size_exceeded"]
    assert found[0].value is not None
    assert len(found[1].value or b"") == 1_150_000
    parked = await flow.images.get(found[2].header("dlq-object-key") or "", max_bytes=10**8)
    assert gzip.decompress(parked) == bytes(20_000_000)
    assert worker.running


async def test_a_flood_of_large_values_needs_no_more_memory_than_a_few(flow: Flow) -> None:
    """Twenty megabytes each, in less than a kilobyte: unpacked, those read ahead would come to
    gigabytes, and the process that is started again would read the same."""
    flood = batch_of([record(bytes(20_000_000))], codec=ZSTD).to_bytes()
    names = [topic.dead_letter_name for topic in ROLES["detect"].topics]
    async with Outlet.opened(flow.kafka, names) as outlet, stranger(flow) as producer:
        for _ in range(150):
            await produce(producer, IMAGE_SUBMITTED.name, flood)
        worker = await flow.start("detect")
        await outlet.until(lambda: len(refusals(outlet)) >= 5, within_s=30)
        assert worker.running
        peak = peak_megabytes(worker.pid)
    async with admin(flow.kafka) as client:
        end = (await ends(flow.kafka, IMAGE_SUBMITTED.name))[IMAGE_SUBMITTED.name, 0]
        place = TopicPartition(IMAGE_SUBMITTED.name, 0)
        await client.delete_records({place: RecordsToDelete(end)})  # for the tests that follow
    assert peak < MOST_MEGABYTES


async def test_a_start_within_a_batch_sets_the_rest_of_it_aside_once(flow: Flow) -> None:
    """Committed after the readable record and before the one that stands for the others."""
    topic = IMAGE_SUBMITTED
    half = next(one for one in hostile_batches() if one.name == "offset_given_twice")
    async with Outlet.opened(flow.kafka, [topic.dead_letter_name]) as outlet:
        async with stranger(flow) as producer:
            offset = await produce(producer, topic.name, half.batch.to_bytes())
        await commit(flow.kafka, topic.groups[0], {(topic.name, 0): offset + 1})
        await flow.start("detect")
        await until_worked_off(flow.kafka, topic.groups[0], [topic], within_s=20)
        await outlet.until(lambda: bool(refusals(outlet)), within_s=10)
        assert refusals(outlet) == {offset + 1: "batch_unreadable"}


def owed(written: Sequence[tuple[Hostile, int]]) -> int:
    return sum(len(hostile.reasons) for hostile, _ in written)


def refusals(outlet: Outlet) -> dict[int, str | None]:
    """By the first offset that each stands for."""
    return {
        int(one.header("dlq-first-offset") or one.header("dlq-offset") or -1): one.header(
            "dlq-reason"
        )
        for one in outlet.records
        if one.header("dlq-reason") in {"headers_invalid", "batch_unreadable"}
    }


def peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak) / 1000

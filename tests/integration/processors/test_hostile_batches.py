"""Batches that a real broker takes from a hostile producer: set aside by every processor."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from processors.app import ROLES
from tests.integration.processors.flow import Flow
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.integration.processors.strangers import good, let_in, stranger, write
from tests.support.hostile_batches import Hostile, hostile_batches, produce

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]


@pytest.mark.parametrize("role", ROLES)
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
    assert peak_megabytes(worker.pid) < 700


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

"""Workers that share a topic, take over from each other, and are joined while they hold."""

import asyncio

import pytest

from tests.integration.processors.flow import Flow, all_told, check_results
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.support.eventually import eventually
from tests.support.services.s3 import S3
from tests.support.worker_process import WorkerProcess
from topics.catalog import IMAGE_ANALYZED, IMAGE_SUBMITTED

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]

LABELS = 'messaging_destination_name="image-submitted",outcome="done"'
DONE = f"messaging_process_duration_seconds_count{{{LABELS}}}"


def done_by(worker: WorkerProcess) -> float:
    parts = worker.ask("/metrics")[1].split(f"\n{DONE} ")
    return float(parts[1].split()[0]) if len(parts) > 1 else 0.0


async def test_two_workers_share_the_work_and_one_takes_over(flow: Flow) -> None:
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        first, second = await asyncio.gather(flow.start("detect"), flow.start("detect"))
        submitted = await flow.submit(200)
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=30)
        assert done_by(first) > 0
        assert done_by(second) > 0

        first.terminate()
        more = await flow.submit(200)
        assert first.exit_code(within_s=20) == 0
        await outlet.until(lambda: all_told(more, outlet.records), within_s=30)
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=10)
        check_results([*submitted, *more], outlet.of(IMAGE_ANALYZED, flow.tenant))


async def test_a_rebalance_during_a_hold_neither_loses_nor_wedges(
    flow: Flow, s3_to_break: S3
) -> None:
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        holding = await flow.start("detect", rebalance_timeout_s=30)
        submitted = [flow.announced(number) for number in range(1, 401)]
        await flow.store(submitted)
        s3_to_break.stop()
        await asyncio.gather(*(flow.publisher.publish(event) for event in submitted))
        await eventually(lambda: holding.health().get("holding") == ["bucket"])

        joining = flow.start_soon("detect", rebalance_timeout_s=30)
        await eventually(lambda: joining.health().get("holding") == ["bucket"], within_s=15)
        s3_to_break.start()
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=30)
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=10)
        check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))
        for worker in (holding, joining):
            assert worker.running, worker.log
            assert done_by(worker) > 0
            assert worker.ask("/ready")[0] == 200

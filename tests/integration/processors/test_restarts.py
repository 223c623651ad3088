"""Workers that are killed, stopped under load and stopped while they hold: nothing is lost."""

import time

import pytest

from tests.integration.processors.flow import Flow, all_told, check_results
from tests.integration.processors.outlet import Outlet, until_worked_off
from tests.support.eventually import eventually
from tests.support.services.s3 import S3
from tests.support.within import crowd
from topics.catalog import IMAGE_ANALYZED, IMAGE_SUBMITTED

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]


async def test_a_killed_worker_loses_nothing(flow: Flow) -> None:
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        worker = await flow.start("detect", twin_delay_s=0.05)
        submitted = await flow.submit(400)
        await outlet.until(lambda: len(outlet.of(IMAGE_ANALYZED, flow.tenant)) > 100, within_s=20)
        worker.kill()
        assert not all_told(submitted, outlet.records), "killed too late to show anything"

        await flow.start("detect")
        await outlet.until(
            lambda: all_told(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant)), within_s=30
        )
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=10)
        await outlet.read(for_s=0.5)
        told = check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))
        assert len(told) == 400


async def test_a_worker_stopped_under_load_ends_well_and_loses_nothing(flow: Flow) -> None:
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        worker = await flow.start("detect", twin_delay_s=0.05)
        submitted = await flow.submit(400)
        await outlet.until(lambda: len(outlet.of(IMAGE_ANALYZED, flow.tenant)) > 60, within_s=20)
        worker.terminate()
        assert worker.exit_code(within_s=20) == 0
        await outlet.read(for_s=0.5)
        before = len(outlet.of(IMAGE_ANALYZED, flow.tenant))
        assert before < 400, "stopped too late to show anything"

        await flow.start("detect")
        await outlet.until(
            lambda: all_told(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant)), within_s=30
        )
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=10)
        told = check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))
        assert told.total() == 400, "what was in work was finished, and done once"


async def test_a_worker_that_holds_stops_at_once_and_loses_nothing(
    flow: Flow, s3_to_break: S3
) -> None:
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        worker = await flow.start("detect")
        s3_to_break.stop()
        submitted = [flow.announced(number) for number in range(1, 41)]
        for event in submitted:
            await flow.publisher.publish(event)
        await eventually(lambda: worker.health().get("holding") == ["bucket"])
        assert worker.ask("/ready")[0] == 503
        assert worker.ask("/health")[0] == 200
        began = time.monotonic()
        worker.terminate()
        assert worker.exit_code(within_s=10) == 0
        assert time.monotonic() - began < 8 * crowd()

        s3_to_break.start()
        await flow.store(submitted)
        await flow.start("detect")
        await outlet.until(
            lambda: all_told(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant)), within_s=30
        )
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=10)
        check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))

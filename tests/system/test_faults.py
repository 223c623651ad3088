"""A short selection of the fault matrix under load; `./dev.sh faults` runs all of it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults import selection
from tests.faults.fault import Fault
from tests.faults.report import to_line
from tests.faults.rig import Rig, running_rig
from tests.faults.run import run_fault
from tests.support.services.programs import NotInstalledError

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.kafka,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.s3,
    pytest.mark.slow,
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    try:
        async with running_rig(tmp_path_factory.mktemp("faults"), selection.QUICK) as running:
            yield running
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


async def prove(fault: Fault, rig: Rig, folder: Path) -> None:
    verdict = await run_fault(fault, rig, selection.PACE, folder)
    assert verdict.passed, to_line(verdict)
    assert verdict.counts.accepted >= selection.PACE.warm


async def test_a_broker_that_is_killed_delays_and_loses_nothing(rig: Rig, tmp_path: Path) -> None:
    await prove(selection.BROKER_KILLED, rig, tmp_path)


async def test_a_detector_that_is_killed_in_mid_batch(rig: Rig, tmp_path: Path) -> None:
    await prove(selection.WORKER_KILLED, rig, tmp_path)


async def test_an_api_that_is_killed_at_each_failpoint(rig: Rig, tmp_path: Path) -> None:
    await prove(selection.API_KILLED_AT_EACH_POINT, rig, tmp_path)


async def test_a_record_that_is_killed_in_mid_commit(rig: Rig, tmp_path: Path) -> None:
    await prove(selection.POSTGRES_RESTARTED, rig, tmp_path)


async def test_a_cache_that_is_gone(rig: Rig, tmp_path: Path) -> None:
    await prove(selection.REDIS_GONE, rig, tmp_path)


async def test_poison_on_every_topic_under_load(rig: Rig, tmp_path: Path) -> None:
    await prove(selection.POISON, rig, tmp_path)


async def test_a_whole_log_that_is_replayed(rig: Rig, tmp_path: Path) -> None:
    await prove(selection.REPLAY, rig, tmp_path)

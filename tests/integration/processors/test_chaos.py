"""Three workers, stopped and killed at random for a minute: every request gets its result."""

import asyncio
import random
import signal
import time

import pytest

from schemas.events import ImageSubmitted
from tests.integration.processors.flow import Flow, all_told, check_results
from tests.integration.processors.outlet import Outlet, until_worked_off
from topics.catalog import IMAGE_ANALYZED, IMAGE_SUBMITTED

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3, pytest.mark.slow]


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_stops_and_kills_lose_nothing(flow: Flow, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a sequence to repeat
    async with Outlet.opened(flow.kafka, [IMAGE_ANALYZED.name]) as outlet:
        team = [flow.start_soon("detect", twin_delay_s=0.02) for _ in range(3)]
        await asyncio.gather(*(asyncio.to_thread(one.wait_until_ready) for one in team))
        submitted = [flow.announced(1 + number % 500) for number in range(6000)]
        for first in range(0, len(submitted), 200):
            await flow.store(submitted[first : first + 200])
        until = time.monotonic() + 60
        sending = asyncio.create_task(_send(flow, submitted, for_s=50))
        while time.monotonic() < until:
            await outlet.read(for_s=chance.uniform(2, 6))
            victim = chance.randrange(3)
            if chance.random() < 0.5:
                team[victim].kill()
            else:
                team[victim].terminate()
                code = await asyncio.to_thread(team[victim].exit_code, within_s=30)
                assert code in {0, -signal.SIGTERM}, "the latter while it is being imported"
            team[victim] = flow.start_soon("detect", twin_delay_s=0.02)
        await sending
        await outlet.until(lambda: all_told(submitted, outlet.records), within_s=120)
        await until_worked_off(flow.kafka, "detector", [IMAGE_SUBMITTED], within_s=30)
        check_results(submitted, outlet.of(IMAGE_ANALYZED, flow.tenant))


async def _send(flow: Flow, events: list[ImageSubmitted], *, for_s: float) -> None:
    pause = for_s / len(events)
    for event in events:
        await flow.publisher.publish(event)
        await asyncio.sleep(pause)

"""A picture that nobody wants any more when its turn comes gives its place to the next."""

import asyncio

import pytest

from processors.detectors.pool import ChildProcessDetector
from processors.detectors.port import NotWantedError
from tests.support.detector_models import bundled_models, selection


@pytest.fixture
def detector() -> ChildProcessDetector:
    """With two places, and no child: one is started by whoever is wanted."""
    return ChildProcessDetector(bundled_models(), children=1)


async def offer(detector: ChildProcessDetector, *, interactive: bool = True) -> None:
    await detector.detect(
        b"a picture", selection(), model=None, interactive=interactive, is_wanted=lambda: False
    )


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_place_is_given_back_each_time(detector: ChildProcessDetector) -> None:
    for _ in range(10):
        with pytest.raises(NotWantedError):
            await asyncio.wait_for(offer(detector), 5)
    assert detector._children._current is None


async def test_it_is_asked_when_the_turn_comes_and_not_before(
    detector: ChildProcessDetector,
) -> None:
    for _ in range(2):
        await detector._turns.take(interactive=True)
    wanted = [True]
    asked: list[bool] = []

    def is_wanted() -> bool:
        asked.append(wanted[0])
        return wanted[0]

    waiting = asyncio.create_task(
        detector.detect(b"a picture", selection(), model=None, is_wanted=is_wanted)
    )
    await settled()
    assert asked == []
    wanted[0] = False
    detector._turns.give_back()
    with pytest.raises(NotWantedError):
        await asyncio.wait_for(waiting, 5)
    assert asked == [False]


async def test_those_behind_it_are_served_at_once(detector: ChildProcessDetector) -> None:
    for _ in range(2):
        await detector._turns.take(interactive=True)
    line = [
        asyncio.create_task(offer(detector, interactive=number % 2 == 0)) for number in range(6)
    ]
    await settled()
    assert detector._turns.waiting == 6
    detector._turns.give_back()
    answers = await asyncio.wait_for(asyncio.gather(*line, return_exceptions=True), 5)
    assert [type(answer) for answer in answers] == [NotWantedError] * 6
    assert detector._turns.waiting == 0

"""The record counts now and then; what is accepted meanwhile is added here."""

import asyncio

import pytest

from storage.analyses_memory import MemoryAnalysisStore
from storage.errors import StoreUnavailableError
from storage.unfinished import UnfinishedCount
from tests.contract.storage.examples import url_request


class CountingAnalyses(MemoryAnalysisStore):
    """Counts how often it was asked; refuses while `is_down`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.is_down = False

    async def count_unfinished(self, limit: int) -> int:
        self.asked.append(limit)
        await asyncio.sleep(0)
        if self.is_down:
            raise StoreUnavailableError("postgres", "the test says so")
        return await super().count_unfinished(limit)


class Rig:
    def __init__(self) -> None:
        self.now = 1000.0
        self.analyses = CountingAnalyses()
        self.count = UnfinishedCount(self.analyses, limit=5, now=lambda: self.now)

    async def accept(self, times: int) -> None:
        for _ in range(times):
            await self.analyses.accept(url_request())


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_for_two_seconds_the_record_is_not_asked_again(rig: Rig) -> None:
    await rig.accept(2)
    assert await rig.count.current() == 2
    await rig.accept(1)
    rig.now = 1001.9
    assert await rig.count.current() == 2
    rig.now = 1002.0
    assert await rig.count.current() == 3
    assert rig.analyses.asked == [5, 5]


async def test_what_this_process_accepts_counts_at_once(rig: Rig) -> None:
    assert await rig.count.current() == 0
    rig.count.note_accepted()
    rig.count.note_accepted()
    assert await rig.count.current() == 2
    rig.now = 1002.0
    assert await rig.count.current() == 0


async def test_counting_stops_at_the_limit(rig: Rig) -> None:
    await rig.accept(7)
    assert await rig.count.current() == 5


async def test_many_at_once_ask_once(rig: Rig) -> None:
    await rig.accept(3)
    assert await asyncio.gather(*(rig.count.current() for _ in range(20))) == [3] * 20
    assert len(rig.analyses.asked) == 1


async def test_what_the_record_does_not_say_is_an_error_and_asked_again(rig: Rig) -> None:
    await rig.accept(1)
    rig.analyses.is_down = True
    with pytest.raises(StoreUnavailableError):
        await rig.count.current()
    rig.analyses.is_down = False
    assert await rig.count.current() == 1

"""When new work is refused, when no longer, and what `Retry-After` promises."""

import pytest

from ingest_api.capacity import UnfinishedCap
from ingest_api.errors import OVERLOADED, RefusedError
from ingest_api.throughput import Throughput
from storage.analyses_memory import MemoryAnalysisStore
from storage.unfinished import UnfinishedCount

LIMIT = 100
FRESH_S = 2.0


class Record(MemoryAnalysisStore):
    """Has as many unfinished analyses as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.unfinished = 0

    async def count_unfinished(self, limit: int) -> int:
        return min(self.unfinished, limit)


class Cap:
    def __init__(self) -> None:
        self.now = 1_772_366_400.0
        self.record = Record()
        self.throughput = Throughput(now=lambda: self.now)
        count = UnfinishedCount(self.record, limit=LIMIT, now=lambda: self.now)
        self.cap = UnfinishedCap(count, limit=LIMIT, throughput=self.throughput)

    async def refused_with(self, unfinished: int) -> RefusedError | None:
        """What is said to the next request, with so many in the record."""
        self.record.unfinished = unfinished
        self.now += FRESH_S
        try:
            await self.cap.check()
        except RefusedError as error:
            return error
        return None

    async def retry_after(self, unfinished: int) -> int | None:
        refused = await self.refused_with(unfinished)
        assert refused is not None
        return refused.retry_after_s

    def finish(self, count: int) -> None:
        """So many in this second."""
        for _ in range(count):
            self.throughput.note(self.now)


@pytest.fixture
def cap() -> Cap:
    return Cap()


async def test_below_the_limit_all_are_taken_and_at_it_none(cap: Cap) -> None:
    assert await cap.refused_with(0) is None
    assert await cap.refused_with(99) is None
    refused = await cap.refused_with(100)
    assert refused is not None
    assert (refused.refusal, refused.limit) == (OVERLOADED, LIMIT)


async def test_once_full_it_stays_closed_until_five_percent_are_worked_off(cap: Cap) -> None:
    assert await cap.refused_with(100) is not None
    for unfinished in (99, 95):
        assert await cap.refused_with(unfinished) is not None
    assert await cap.refused_with(94) is None
    assert await cap.refused_with(99) is None
    assert await cap.refused_with(100) is not None


async def test_what_was_accepted_since_the_count_fills_it_too(cap: Cap) -> None:
    cap.record.unfinished = 98
    for _ in range(2):
        await cap.cap.check()
        cap.cap.note_accepted()
    with pytest.raises(RefusedError):
        await cap.cap.check()


async def test_without_a_throughput_it_is_a_minute(cap: Cap) -> None:
    assert await cap.retry_after(100) == 60


@pytest.mark.parametrize(
    ("finished", "unfinished", "seconds"),
    [
        (600, 100, 1),  # 10 a second, 6 too many
        (60, 100, 6),  # 1 a second
        (60, 97, 3),
        (60, 95, 1),
        (30, 100, 12),
        (1, 100, 360),
    ],
)
async def test_it_is_the_time_that_what_is_too_much_takes_at_the_present_throughput(
    cap: Cap, finished: int, unfinished: int, seconds: int
) -> None:
    cap.now += 600
    await cap.refused_with(100)
    cap.finish(finished)
    assert await cap.retry_after(unfinished) == seconds


async def test_it_is_an_hour_at_most() -> None:
    cap = Cap()
    count = UnfinishedCount(cap.record, limit=10_000_000, now=lambda: cap.now)
    cap.cap = UnfinishedCap(count, limit=10_000_000, throughput=cap.throughput)
    cap.now += 600
    cap.finish(1)
    assert await cap.retry_after(10_000_000) == 3600


async def test_whoever_comes_when_it_was_said_is_taken(cap: Cap) -> None:
    """With work going on as it did, the promise is kept, to the second."""
    cap.now += 600
    cap.finish(120)  # two a second
    seconds = await cap.retry_after(100)
    assert seconds == 3
    assert await cap.refused_with(100 - 2 * seconds) is None

"""The twin fails as a dead broker does when it is told to."""

from datetime import UTC, datetime

import pytest

from tests.support.events import analysis_failed
from topics.catalog import RESULTS
from topics.errors import LogUnavailableError
from topics.memory import MemoryBacklogClock, MemoryLog, MemoryPublisher, MemoryTail
from topics.records import Record

NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def test_while_it_is_down_nothing_is_written_or_read_and_afterwards_all_is() -> None:
    log = MemoryLog()
    publisher = MemoryPublisher(log)
    seen: list[Record] = []
    tail = MemoryTail(log, RESULTS, seen.append)
    await publisher.start()
    await tail.start()
    log.is_down = True
    with pytest.raises(LogUnavailableError):
        await publisher.publish(analysis_failed())
    with pytest.raises(LogUnavailableError):
        _ = [record async for record in tail.read_range(tail.positions, tail.positions)]
    assert seen == []

    log.is_down = False
    await publisher.publish(analysis_failed())
    assert len(seen) == 1
    await tail.aclose()
    await publisher.aclose()
    await publisher.publish(analysis_failed())
    assert len(seen) == 1


async def test_the_clock_answers_as_it_is_set() -> None:
    clock = MemoryBacklogClock()
    assert await clock.oldest_unfinished(NOW) == NOW
    clock.oldest = datetime(2026, 2, 1, tzinfo=UTC)
    assert await clock.oldest_unfinished(NOW) == clock.oldest

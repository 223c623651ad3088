"""Postgres -> sweep: what was accepted and never announced, and nothing that only waits."""

import asyncio
from datetime import timedelta

import pytest

from processors.sweep import Sweeper
from tests.support.events import ACCEPTED_AT, analysis_failed, image_requested, image_submitted
from tests.support.eventually import eventually
from tests.unit.processors.bench import Bench
from topics.catalog import IMAGE_REQUESTED, IMAGE_SUBMITTED
from topics.errors import LogUnavailableError
from topics.memory import MemoryBacklogClock


def sweeper(bench: Bench, backlog: MemoryBacklogClock | None = None) -> Sweeper:
    """Its grace is 30 s; the bench's now is a minute after the acceptance of its events."""
    return Sweeper(
        analyses=bench.analyses, publisher=bench.publisher,
        backlog=backlog or MemoryBacklogClock(), clock=bench.clock, metrics=bench.metrics,
        every_s=0.001, grace_s=30,
    )  # fmt: skip


async def test_both_kinds_are_announced_to_their_topics_once(bench: Bench) -> None:
    requested, submitted = image_requested(), image_submitted()
    for request in (requested, submitted):
        await bench.analyses.accept(request)
    assert await sweeper(bench).sweep() == 2
    assert [record.value for record in bench.written(IMAGE_REQUESTED.name)] == [requested.to_json()]
    assert [record.value for record in bench.written(IMAGE_SUBMITTED.name)] == [submitted.to_json()]
    assert bench.count("analyzer_swept_total") == 2
    assert await sweeper(bench).sweep() == 0


async def test_it_is_announced_again_when_it_has_waited_again(bench: Bench) -> None:
    await bench.analyses.accept(image_submitted())
    assert await sweeper(bench).sweep() == 1
    bench.now += timedelta(seconds=31)
    assert await sweeper(bench).sweep() == 1


async def test_what_has_an_outcome_is_left_alone(bench: Bench) -> None:
    request = image_submitted()
    await bench.analyses.accept(request)
    await bench.analyses.record([analysis_failed(request_id=request.request_id)])
    assert await sweeper(bench).sweep() == 0


async def test_the_grace_is_kept(bench: Bench) -> None:
    await bench.analyses.accept(image_submitted(accepted_at=bench.now - timedelta(seconds=30)))
    assert await sweeper(bench).sweep() == 0
    bench.now += timedelta(seconds=1)
    assert await sweeper(bench).sweep() == 1


async def test_a_backlog_is_not_a_loss(bench: Bench) -> None:
    """The oldest record in the log is older than the request: it may lie behind it."""
    await bench.analyses.accept(image_submitted())
    backlog = MemoryBacklogClock()
    backlog.oldest = ACCEPTED_AT - timedelta(hours=1)
    bench.now += timedelta(hours=1)
    assert await sweeper(bench, backlog).sweep() == 0
    backlog.oldest = ACCEPTED_AT + timedelta(seconds=31)
    assert await sweeper(bench, backlog).sweep() == 1


async def test_while_another_replica_sweeps_nothing_is_done(bench: Bench) -> None:
    await bench.analyses.accept(image_submitted())
    bench.analyses.is_elsewhere = True
    assert await sweeper(bench).sweep() == 0
    assert not bench.log.records


async def test_what_could_not_be_announced_is_left_for_the_next_round(bench: Bench) -> None:
    for _ in range(3):
        await bench.analyses.accept(image_submitted())
    bench.log.is_down = True
    with pytest.raises(LogUnavailableError):
        await sweeper(bench).sweep()
    bench.log.is_down = False
    assert await sweeper(bench).sweep() == 3


async def test_a_large_loss_is_worked_off_in_rounds(bench: Bench) -> None:
    for _ in range(501):
        await bench.analyses.accept(image_submitted())
    assert await sweeper(bench).sweep() == 500
    assert await sweeper(bench).sweep() == 1


async def test_it_outlives_an_outage(bench: Bench) -> None:
    await bench.analyses.accept(image_submitted())
    bench.log.is_down = True
    run = asyncio.create_task(sweeper(bench).run())
    await asyncio.sleep(0.01)
    assert not run.done()
    bench.log.is_down = False
    await eventually(lambda: bench.written(IMAGE_SUBMITTED.name))
    run.cancel()


async def test_an_error_of_our_own_ends_the_worker(bench: Bench) -> None:
    class Broken(MemoryBacklogClock):
        async def oldest_unfinished(self, now: object) -> None:  # type: ignore[override]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await sweeper(bench, Broken()).run()

"""Postgres -> sweep: what was accepted and never announced, and nothing that only waits."""

import asyncio
from datetime import timedelta

import pytest

from processors.announce_again import AnnounceAgain
from processors.reap import Reaper
from processors.sweep import Sweeper
from storage.ports import Cancellation, IdempotencyKey
from tests.support.events import (
    ACCEPTED_AT,
    analysis_failed,
    cancel_requested,
    image_requested,
    image_submitted,
)
from tests.support.eventually import eventually
from tests.unit.processors.bench import Bench
from topics.catalog import (
    CANCEL_REQUESTED,
    IMAGE_REQUESTED,
    IMAGE_SUBMITTED,
    IMAGE_SUBMITTED_BULK,
)
from topics.codec import decode
from topics.errors import LogUnavailableError
from topics.memory import MemoryBacklogClock


def reaper(bench: Bench) -> Reaper:
    """An object without a request is left alone for an hour; a page a minute."""
    return Reaper(
        images=bench.images, analyses=bench.analyses, metrics=bench.metrics, clock=bench.clock,
        after=timedelta(hours=1), every=timedelta(minutes=1),
        deliveries=bench.deliveries, keep_deliveries=timedelta(days=30),
    )  # fmt: skip


def sweeper(
    bench: Bench, backlog: MemoryBacklogClock | None = None, *, every_s: float = 0.001
) -> Sweeper:
    """Its grace is 30 s; the bench's now is a minute after the acceptance of its events."""
    return Sweeper(
        analyses=bench.analyses, again=AnnounceAgain(bench.publisher),
        backlog=backlog or MemoryBacklogClock(), clock=bench.clock, metrics=bench.metrics,
        reaper=reaper(bench), every_s=every_s, grace_s=30,
    )  # fmt: skip


async def test_both_kinds_are_announced_to_their_topics_once(bench: Bench) -> None:
    requested, submitted = image_requested(), image_submitted()
    for request in (requested, submitted):
        await bench.analyses.accept(request)
    assert await sweeper(bench).sweep() == 2
    assert [record.value for record in bench.written(IMAGE_REQUESTED.name)] == [requested.to_json()]
    assert [record.value for record in bench.written(IMAGE_SUBMITTED.name)] == [submitted.to_json()]
    assert bench.count("analyzer_swept_total", what="request") == 2
    assert await sweeper(bench).sweep() == 0


async def test_a_round_tells_how_old_and_how_much_there_is(bench: Bench) -> None:
    request = image_submitted()
    await bench.analyses.accept(request, lane="bulk")
    backlog = MemoryBacklogClock()
    backlog.lag = {("detector-bulk", "image-submitted-bulk"): 3}
    await sweeper(bench, backlog).sweep()
    age = "analyzer_oldest_unfinished_age_seconds"
    seconds = (bench.now - request.accepted_at).total_seconds()
    assert bench.count(age, lane="bulk", tier="standard") == seconds > 0
    told = bench.metrics.registry.get_sample_value
    assert told(age, {"lane": "interactive", "tier": "free"}) == 0
    assert bench.count("analyzer_unfinished_requests", lane="bulk", tier="standard") == 1
    of = {"messaging_consumer_group_name": "detector-bulk",
          "messaging_destination_name": "image-submitted-bulk"}  # fmt: skip
    assert bench.count("analyzer_consumer_lag_records", **of) == 3
    assert bench.count("analyzer_sweeps_total", outcome="done") == 1


async def test_what_another_tells_or_nobody_knows_is_told_no_longer(bench: Bench) -> None:
    turn = sweeper(bench)
    labels = {"lane": "bulk", "tier": "free"}
    told = bench.metrics.registry.get_sample_value
    await turn.sweep()
    assert told("analyzer_unfinished_requests", labels) == 0
    async with bench.analyses.sweeping() as is_ours:
        assert is_ours
        await turn.sweep()
    assert told("analyzer_unfinished_requests", labels) is None
    assert bench.count("analyzer_sweeps_total", outcome="not_ours") == 1


async def test_what_a_long_outage_left_is_announced_without_a_pause(bench: Bench) -> None:
    for _ in range(1001):
        await bench.analyses.accept(image_submitted())
    running = asyncio.create_task(sweeper(bench, every_s=3600).run())
    await eventually(lambda: bench.count("analyzer_swept_total", what="request") == 1001)
    running.cancel()


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
        async def oldest_unfinished(self, now: object) -> None:  # type: ignore[override] # it raises
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await sweeper(bench, Broken()).run()


async def test_the_lane_is_kept(bench: Bench) -> None:
    await bench.analyses.accept(image_submitted(), lane="bulk")
    await sweeper(bench).sweep()
    assert len(bench.written(IMAGE_SUBMITTED_BULK.name)) == 1
    assert not bench.written(IMAGE_SUBMITTED.name)


async def test_a_cancel_that_was_never_announced_does_not_wait_for_the_backlog(
    bench: Bench,
) -> None:
    request = image_submitted()
    await bench.analyses.accept(request)
    asked_at = bench.now - timedelta(seconds=31)
    await bench.analyses.request_cancel(request.tenant_id, request.request_id, asked_at)
    backlog = MemoryBacklogClock()
    backlog.oldest = ACCEPTED_AT - timedelta(minutes=10)
    assert await sweeper(bench, backlog).sweep() == 0
    (record,) = bench.written(CANCEL_REQUESTED.name)
    assert decode(record, CANCEL_REQUESTED).event == cancel_requested(
        request_id=request.request_id, requested_at=asked_at
    )
    await sweeper(bench, backlog).sweep()
    assert len(bench.written(CANCEL_REQUESTED.name)) == 1


async def test_what_is_announced_again_was_cancelled_before(bench: Bench) -> None:
    """The log is another one: both were announced and neither is in it."""
    request = image_submitted()
    await bench.analyses.accept(request)
    await bench.analyses.request_cancel(request.tenant_id, request.request_id, ACCEPTED_AT)
    cancel = Cancellation(request.tenant_id, request.request_id, ACCEPTED_AT)
    await bench.analyses.mark_cancels_announced([cancel], ACCEPTED_AT)
    assert await sweeper(bench).sweep() == 1
    assert [record.topic for record in bench.log.in_order] == [
        CANCEL_REQUESTED.name, IMAGE_SUBMITTED.name,
    ]  # fmt: skip


async def test_expired_names_of_requests_are_forgotten(bench: Bench) -> None:
    key = IdempotencyKey("mine", b"f" * 32, bench.now - timedelta(seconds=1))
    await bench.analyses.accept(image_submitted(), idempotency=key)
    await sweeper(bench).sweep()
    assert bench.count("analyzer_swept_total", what="idempotency_key") == 1

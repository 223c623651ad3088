"""Errors of our own stop the setting aside before a topic is emptied by it."""

import asyncio
from dataclasses import replace

import pytest

from processors.limit import UnexpectedLimit
from schemas.contract import RequestEvent
from tests.support.events import image_submitted, record_of
from tests.support.eventually import eventually
from tests.unit.processors.bench import Bench
from topics.catalog import IMAGE_SUBMITTED
from topics.codec import Envelope
from topics.errors import InvalidMessageError

DLQ = IMAGE_SUBMITTED.dead_letter_name


def test_twenty_in_a_row_reach_it_and_one_success_lifts_it() -> None:
    limit = UnexpectedLimit()
    for _ in range(19):
        limit.count(unexpected=True)
    assert not limit.is_reached
    limit.count(unexpected=True)
    assert limit.is_reached
    limit.count(unexpected=False)
    assert not limit.is_reached


def test_half_of_the_last_two_hundred_reach_it() -> None:
    limit = UnexpectedLimit()
    for number in range(199):
        limit.count(unexpected=number % 2 == 0)
        assert not limit.is_reached
    limit.count(unexpected=False)
    assert limit.is_reached
    limit.reset()
    assert not limit.is_reached


class Faulty:
    """A handler with a fault of its own for all, for some, or for none."""

    def __init__(self) -> None:
        self.is_broken = True
        self.poison: set[str] = set()
        self.seen: list[str] = []

    async def __call__(self, envelope: Envelope) -> None:
        assert isinstance(envelope.event, RequestEvent)
        self.seen.append(envelope.event.key)
        if self.is_broken or envelope.event.key in self.poison:
            raise ZeroDivisionError


async def test_after_twenty_the_next_waits_and_goes_through_once_the_fault_is_gone(
    bench: Bench,
) -> None:
    handle = Faulty()
    settlement = bench.settlement(handle)
    for _ in range(19):
        await settlement.settle(record_of(image_submitted()))
    work = asyncio.create_task(settlement.settle(record_of(image_submitted())))
    await eventually(lambda: len(handle.seen) > 22)
    assert settlement.pulse.stopped_by_limit == 1
    assert settlement.pulse.is_waiting
    assert len(bench.written(DLQ)) == 19
    handle.is_broken = False
    await work
    assert len(bench.written(DLQ)) == 19
    assert settlement.pulse.stopped_by_limit == 0


async def test_one_bad_record_among_those_that_wait_is_set_aside_in_the_end(bench: Bench) -> None:
    """Else it would keep everything behind it for ever, though all others go through."""
    handle = Faulty()
    settlement = bench.settlement(handle)
    for _ in range(19):
        await settlement.settle(record_of(image_submitted()))
    bad = image_submitted()
    handle.poison.add(bad.key)
    works = [
        asyncio.create_task(settlement.settle(record_of(event)))
        for event in (bad, image_submitted(), image_submitted())
    ]
    await eventually(lambda: settlement.pulse.stopped_by_limit == 3)
    handle.is_broken = False
    await asyncio.wait_for(asyncio.gather(*works), 5)
    assert [letter.key for letter in bench.written(DLQ)[19:]] == [bad.key.encode()]


async def test_a_record_that_turns_out_to_be_invalid_stops_waiting(bench: Bench) -> None:
    errors: list[Exception] = [ZeroDivisionError()] * 22 + [InvalidMessageError("late", "found")]

    async def handle(envelope: Envelope) -> None:
        del envelope
        raise errors.pop(0)

    settlement = bench.settlement(handle)
    for _ in range(20):
        await asyncio.wait_for(settlement.settle(record_of(image_submitted())), 5)
    assert bench.written(DLQ)[-1].header("dlq-reason") == "late"


@pytest.mark.parametrize("count", [40, 300])
async def test_strangers_bad_records_stop_nobody(bench: Bench, count: int) -> None:
    settlement = bench.settlement(Faulty())
    for _ in range(count):
        await settlement.settle(replace(record_of(image_submitted()), value=b"{}"))
    assert len(bench.written(DLQ)) == count
    assert settlement.pulse.stopped_by_limit == 0

"""Batches form by themselves; nobody pays for another's item, and nobody is forgotten."""

import asyncio
from contextvars import ContextVar

import pytest

from processors.coalesce import Coalescer


class Writer:
    """Writes when it is let; refuses items below zero."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.outage: Exception | None = None

    async def __call__(self, items: list[int]) -> None:
        self.batches.append(items)
        await self.may_write.wait()
        if self.outage is not None:
            raise self.outage
        if min(items) < 0:
            raise ValueError("below zero")


async def test_a_lone_item_is_written_alone_and_at_once() -> None:
    writer = Writer()
    await Coalescer(writer, most=10)(1)
    assert writer.batches == [[1]]


async def test_what_arrives_meanwhile_forms_the_next_batches() -> None:
    writer = Writer()
    writer.may_write.clear()
    write = Coalescer(writer, most=3)
    calls = [asyncio.create_task(write(number)) for number in range(8)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    writer.may_write.set()
    await asyncio.gather(*calls)
    assert [item for batch in writer.batches for item in batch] == list(range(8))
    assert max(map(len, writer.batches)) == 3


async def test_a_bad_item_fails_its_own_caller_only() -> None:
    writer = Writer()
    write = Coalescer(writer, most=10)
    outcomes = await asyncio.gather(*map(write, (1, -1, 2)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), ValueError, type(None)]


async def test_an_error_that_concerns_all_is_told_to_all_without_asking_again() -> None:
    writer = Writer()
    writer.outage = ConnectionError("down")
    write = Coalescer(writer, most=10, concern_all=(ConnectionError,))
    outcomes = await asyncio.gather(*map(write, range(5)), return_exceptions=True)
    assert outcomes == [writer.outage] * 5
    assert writer.batches == [[0, 1, 2, 3, 4]]


async def test_an_item_that_comes_as_the_writer_ends_is_not_forgotten() -> None:
    """Between a writer's last look and the end of its task others run."""
    writer = Writer()
    writer.may_write.clear()
    write = Coalescer(writer, most=10)

    async def come_late() -> None:
        await writer.may_write.wait()
        await write(2)

    first = asyncio.create_task(write(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert writer.batches == [[1]], "the writer waits for the same event, and is woken first"
    late = asyncio.create_task(come_late())
    await asyncio.sleep(0)
    writer.may_write.set()
    await asyncio.wait_for(asyncio.gather(first, late), 2)
    assert writer.batches == [[1], [2]]


async def test_every_item_of_many_interleaved_callers_is_written_once() -> None:
    writer = Writer()
    write = Coalescer(writer, most=7)

    async def call(number: int) -> None:
        for _ in range(number % 5):
            await asyncio.sleep(0)
        await write(number)

    await asyncio.wait_for(asyncio.gather(*map(call, range(500))), 5)
    assert sorted(item for batch in writer.batches for item in batch) == list(range(500))


async def test_a_cancelled_caller_breaks_nobody_else() -> None:
    writer = Writer()
    writer.may_write.clear()
    write = Coalescer(writer, most=10)
    calls = [asyncio.create_task(write(number)) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    calls[0].cancel()
    calls[2].cancel()
    writer.may_write.set()
    outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 2)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1] is None
    await asyncio.wait_for(write(4), 2)


async def test_when_the_writer_dies_nobody_waits_for_ever_and_the_next_is_served() -> None:
    is_first = True

    async def die_once(items: list[int]) -> None:
        nonlocal is_first
        del items
        if is_first:
            is_first = False
            raise asyncio.CancelledError

    write = Coalescer(die_once, most=1)
    calls = [asyncio.create_task(write(number)) for number in range(3)]
    outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 2)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    await asyncio.wait_for(write(4), 2)


async def test_errors_reach_their_callers_as_they_are() -> None:
    with pytest.raises(ValueError, match="below zero"):
        await Coalescer(Writer(), most=1)(-1)


async def test_a_batch_bears_nobodys_name_in_the_log() -> None:
    whose: ContextVar[str] = ContextVar("whose", default="nobody")
    seen: list[str] = []

    async def note(items: list[int]) -> None:
        del items
        seen.append(whose.get())

    whose.set("the first caller")
    await Coalescer(note, most=1)(1)
    assert seen == ["nobody"]

"""Who is served next."""

import asyncio

import pytest

from processors.detectors.turns import Turns


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_interactive_callers_overtake_those_who_wait_longer() -> None:
    turns = Turns(1)
    await turns.take(interactive=False)
    served: list[str] = []

    async def caller(name: str, *, interactive: bool) -> None:
        await turns.take(interactive=interactive)
        served.append(name)

    callers = [
        asyncio.create_task(caller(name, interactive=name.startswith("i")))
        for name in ("b1", "b2", "i1", "i2")
    ]
    await _settled()
    for _ in callers:
        turns.give_back()
        await _settled()
    assert served == ["i1", "i2", "b1", "b2"]


async def test_a_cancelled_caller_frees_its_place_in_the_queue() -> None:
    turns = Turns(1)
    await turns.take(interactive=True)
    first, second = (asyncio.create_task(turns.take(interactive=True)) for _ in range(2))
    await _settled()
    first.cancel()
    await _settled()
    assert turns.waiting == 1
    turns.give_back()
    await asyncio.wait_for(second, 1)


async def test_a_place_given_to_a_caller_just_cancelled_is_passed_on() -> None:
    turns = Turns(1)
    await turns.take(interactive=True)
    unlucky = asyncio.create_task(turns.take(interactive=True))
    await _settled()
    turns.give_back()
    unlucky.cancel()
    with pytest.raises(asyncio.CancelledError):
        await unlucky
    await asyncio.wait_for(turns.take(interactive=False), 1)


async def test_one_given_back_while_the_cancelled_still_stands_in_line_is_kept() -> None:
    turns = Turns(1)
    await turns.take(interactive=True)
    gone = asyncio.create_task(turns.take(interactive=True))
    await _settled()
    gone.cancel()
    turns.give_back()
    await _settled()
    await asyncio.wait_for(turns.take(interactive=False), 1)
    assert turns.waiting == 0


class Line:
    """Callers in line for one place, on a clock that is set by hand; all places are given back by
    the test."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.turns = Turns(1, patience_s=20, now=lambda: self.now)
        self.served: list[str] = []
        self._callers: set[asyncio.Task[None]] = set()

    async def join(self, *names: str) -> None:
        for name in names:
            caller = asyncio.create_task(self._caller(name))
            self._callers.add(caller)
            await _settled()

    async def give_back(self, *, after_s: float) -> str:
        """Who is served."""
        self.now += after_s
        self.turns.give_back()
        await _settled()
        return self.served[-1]

    async def _caller(self, name: str) -> None:
        await self.turns.take(interactive=name.startswith("i"))
        self.served.append(name)


async def test_bulk_has_a_turn_now_and_then_however_many_interactive_callers_come() -> None:
    line = Line()
    await line.join("i0", "b1", "b2", "i1", "i2", "i3", "i4", "i5")
    assert await line.give_back(after_s=19.9) == "i1"
    assert await line.give_back(after_s=0.1) == "b1"
    assert await line.give_back(after_s=19.9) == "i2"
    assert await line.give_back(after_s=0.1) == "b2"
    assert await line.give_back(after_s=60) == "i3"


async def test_bulk_waits_from_when_it_came_and_not_from_the_start() -> None:
    line = Line()
    await line.join("i0", "i1", "i2")
    line.now += 500
    await line.join("b1", "i3")
    assert await line.give_back(after_s=10) == "i1"
    assert await line.give_back(after_s=9.9) == "i2"
    assert await line.give_back(after_s=0.2) == "b1"


async def test_bulk_that_is_alone_is_served_at_once() -> None:
    line = Line()
    await line.join("i0", "b1", "b2")
    assert await line.give_back(after_s=0) == "b1"
    assert await line.give_back(after_s=0) == "b2"

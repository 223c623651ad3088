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

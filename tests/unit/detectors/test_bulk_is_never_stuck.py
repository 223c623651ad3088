"""While interactive work never ends, the bulk lane still moves."""

import asyncio

from processors.detectors.turns import Turns


async def test_bulk_has_a_turn_whenever_its_patience_is_over() -> None:
    clock = [0.0]
    turns = Turns(1, patience_s=20, now=lambda: clock[0])
    await turns.take(interactive=True)
    served: list[str] = []

    async def one(lane: str) -> None:
        await turns.take(interactive=lane == "interactive")
        served.append(lane)

    waiting = [asyncio.create_task(one("bulk")) for _ in range(2)]
    waiting += [asyncio.create_task(one("interactive")) for _ in range(4)]
    await asyncio.sleep(0)
    for now in (1, 19, 20, 21, 41, 42):
        clock[0] = now
        turns.give_back()
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert served == ["interactive", "interactive", "bulk", "interactive", "bulk", "interactive"]

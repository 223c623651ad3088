"""Open-loop load: operations go out when they are due, whether or not earlier ones came back."""

import asyncio
import random
import time
from collections.abc import Sequence

from tests.faults.client import TenantClient
from tests.faults.ledger import Ledger, Operation

_URL_SHARE = 0.1
_WAITING_SHARE = 0.2
_SETTLE_PAUSE_S = 1.0
_AT_ONCE = 10


class Load:
    """`rate` may be changed while it runs; the seed decides who sends what."""

    def __init__(
        self,
        clients: Sequence[TenantClient],
        ledger: Ledger,
        *,
        first_number: int,
        seed: int,
        rate: float,
    ) -> None:
        self.rate = rate
        self.ledger = ledger
        self._clients = {client.tenant: client for client in clients}
        self._next_number = first_number
        self._random = random.Random(seed)  # noqa: S311 - to repeat a run, not to keep a secret
        self._in_flight: set[asyncio.Task[object]] = set()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """No more operations; those under way come back first."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        await asyncio.gather(*self._in_flight)

    async def settle(self, *, within_s: float) -> None:
        """Send what is open again, with its own key, until every operation is known to be accepted
        or refused; what stays open after `within_s` stays in the ledger as it is."""
        deadline = time.monotonic() + within_s
        while (left := self.ledger.with_outcome("info")) and time.monotonic() < deadline:
            places = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(*(self._again(one, places) for one in left))
            await asyncio.sleep(_SETTLE_PAUSE_S if self.ledger.with_outcome("info") else 0)

    async def burst(self, count: int) -> list[int]:
        """So many uploads at once, each sent once; their numbers."""
        numbers = [self.new_number() for _ in range(count)]
        clients = list(self._clients.values())
        await asyncio.gather(
            *(self._random.choice(clients).send(number, "upload") for number in numbers)
        )
        return numbers

    def new_number(self) -> int:
        """Never given out before in this run."""
        self._next_number += 1
        return self._next_number

    async def _run(self) -> None:
        due = time.monotonic()
        while True:
            if self.rate <= 0:
                await asyncio.sleep(0.05)
                due = time.monotonic()
                continue
            due += 1 / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            intended = time.time() + min(0.0, due - time.monotonic())
            task: asyncio.Task[object] = asyncio.create_task(
                self._send(self.new_number(), intended)
            )
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)

    async def _send(self, number: int, intended: float) -> None:
        client = self._random.choice(list(self._clients.values()))
        is_url = self._random.random() < _URL_SHARE
        prefer = "wait=3" if self._random.random() < _WAITING_SHARE else "respond-async"
        await client.send(number, "url" if is_url else "upload", t_intended=intended, prefer=prefer)

    async def _again(self, operation: Operation, places: asyncio.Semaphore) -> None:
        first = operation.first
        async with places:
            await self._clients[first.tenant].send(first.op_id, first.kind)

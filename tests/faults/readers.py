"""Whoever reads meanwhile: owners their results, others the same ids, and an intruder."""

import asyncio
import random
from collections.abc import Sequence

from tests.faults.client import TenantClient
from tests.faults.ledger import Ledger

_EVERY_S = 0.4


class Readers:
    """`answered` counts reads of one's own that gave a state, `unanswered` those that did not."""

    def __init__(self, clients: Sequence[TenantClient], ledger: Ledger, *, seed: int) -> None:
        self.intruders_let_in = 0
        self.answered = 0
        self.unanswered = 0
        self._clients = tuple(clients)
        self._ledger = ledger
        self._random = random.Random(seed)  # noqa: S311 - to repeat a run, not to keep a secret

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.gather(self._read_one(), asyncio.sleep(_EVERY_S))

    async def _read_one(self) -> None:
        accepted = self._ledger.with_outcome("ok")
        if not accepted:
            return
        operation = self._random.choice(accepted)
        request_id = next(iter(operation.ids))
        for client in self._clients:
            is_ours = client.tenant == operation.first.tenant
            state = await client.read(operation.first.op_id, request_id, is_ours=is_ours)
            if is_ours:
                self.answered += state is not None
                self.unanswered += state is None
        self.intruders_let_in += await self._clients[0].intrude(request_id)

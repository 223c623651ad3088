"""What a fault has before it: the rig, the load, and a way to say what it saw."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tests.faults.client import TenantClient
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.readers import Readers
from tests.faults.record_scan import rows_of
from tests.faults.rig import Rig
from tests.faults.sampler import Sample, Sampler
from tests.faults.streams import Listener

_T = TypeVar("_T")
_POLL_S = 0.2


@dataclass(slots=True)
class Scene:
    rig: Rig
    load: Load
    ledger: Ledger
    clients: tuple[TenantClient, ...]
    listeners: tuple[Listener, ...]
    sampler: Sampler
    readers: Readers
    seed: int
    complaints: list[str] = field(default_factory=list)

    @property
    def tenants(self) -> list[str]:
        return [client.tenant for client in self.clients]

    def require(self, is_so: object, otherwise: str) -> None:
        """Noted as a violation of the fault's own when it is not so."""
        if not is_so:
            self.complaints.append(otherwise)

    async def hold(self, seconds: float) -> None:
        """The fault lasts, the load goes on."""
        await asyncio.sleep(seconds)

    async def do(self, blocking: Callable[[], _T]) -> _T:
        """Something of the rig that waits, without holding up the load."""
        return await asyncio.to_thread(blocking)

    async def until(self, is_so: Callable[[], object], *, within_s: float, what: str) -> bool:
        """Complains when it is not so in time."""
        deadline = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > deadline:
                self.complaints.append(f"not within {within_s:g} s: {what}")
                return False
            await asyncio.sleep(_POLL_S)
        return True

    def accepted(self, *, since: float) -> int:
        """How many were accepted after that moment (seconds since the epoch)."""
        times = [one.accepted_at for one in self.ledger.operations]
        return sum(at is not None and at >= since for at in times)

    def attempts(self, *, since: float) -> list[int]:
        """Statuses of answers after that moment; 0 where there was none."""
        return [
            answer.status
            for one in self.ledger.operations
            for answer in one.answers
            if answer.t_answer >= since
        ]

    def samples(self, process: str, *, since: float) -> list[Sample]:
        """Of that process after a monotonic moment."""
        return [one for one in self.sampler.samples if one.process == process and one.at >= since]

    async def states(self) -> dict[str, str]:
        """Request id to state, from the record itself."""
        rows = await asyncio.to_thread(rows_of, self.rig.postgres.dsn, self.tenants)
        return {row.request_id: row.state for row in rows}

    async def finished(self) -> int:
        return sum(state != "accepted" for state in (await self.states()).values())

"""What a fault has before it: the rig, the load, and a way to say what it saw."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tests.faults.client import TenantClient
from tests.faults.evidence import LogRecord, Row
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.readers import Readers
from tests.faults.record_scan import objects_of, rows_of
from tests.faults.rig import AnyRig
from tests.faults.sampler import Sample, Sampler
from tests.faults.streams import Listener
from tests.faults.topic_scan import records_since

_T = TypeVar("_T")
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Poison:
    """Where a record that nobody may take went, and the reason that its dead letter has to give."""

    topic: str
    partition: int
    offset: int
    reason: str


@dataclass(slots=True)
class Scene(Generic[AnyRig]):
    rig: AnyRig
    load: Load
    ledger: Ledger
    clients: tuple[TenantClient, ...]
    listeners: tuple[Listener, ...]
    sampler: Sampler
    readers: Readers
    seed: int
    complaints: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    witnessed: list[Row] = field(default_factory=list)
    records: list[LogRecord] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)
    spoilt: list[str] = field(default_factory=list)

    @property
    def tenants(self) -> list[str]:
        return [client.tenant for client in self.clients]

    def require(self, is_so: object, otherwise: str) -> None:
        """Noted as a violation of the fault's own when it is not so."""
        if not is_so:
            self.complaints.append(otherwise)

    def note(self, text: str) -> None:
        """A figure that the report is to have beside the row; told at once too."""
        self.notes.append(text)
        sys.stderr.write(f"    {text}\n")

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

    def accepted_ids(self, *, since: float) -> list[str]:
        """The requests that were accepted after that moment."""
        return [
            request_id
            for one in self.ledger.operations
            if one.accepted_at is not None and one.accepted_at >= since
            for request_id in one.ids
        ]

    def attempts(self, *, since: float, kind: str | None = None) -> list[int]:
        """Statuses of answers after that moment; 0 where there was none."""
        return [
            answer.status
            for one in self.ledger.operations
            for answer in one.answers
            if answer.t_answer >= since and kind in {None, one.first.kind}
        ]

    def longest_s(self, *, since: float) -> float:
        """How long the slowest answer of those sent after that moment took."""
        times = [
            answer.t_answer - sent.t_sent
            for one in self.ledger.operations
            for sent, answer in zip(one.sent, one.answers, strict=False)
            if sent.t_sent >= since
        ]
        return max(times, default=0.0)

    def ids_of(self, numbers: Sequence[int]) -> list[str]:
        """The requests that those operations became."""
        wanted = set(numbers)
        known = [one for one in self.ledger.operations if one.first.op_id in wanted]
        return [request_id for one in known for request_id in one.ids]

    async def witness(self) -> None:
        """Remember the rows that are final now: from here on they may not change."""
        self.witnessed += [row for row in await self.rows() if row.is_final]

    async def keep_records(self) -> None:
        """Remember what lies on the log: it is about to be wiped."""
        self.records += await records_since(self.rig.kafka.bootstrap_servers, {})

    def samples(self, process: str, *, since: float) -> list[Sample]:
        """Of that process after a monotonic moment."""
        return [one for one in self.sampler.samples if one.process == process and one.at >= since]

    async def rows(self) -> tuple[Row, ...]:
        """All of this run's tenants."""
        return await asyncio.to_thread(rows_of, self.rig.postgres.dsn, self.tenants)

    async def objects(self) -> frozenset[str]:
        """The keys of all that lies in the bucket for them."""
        return await asyncio.to_thread(objects_of, self.rig.objects, self.tenants)

    async def states(self) -> dict[str, str]:
        """Request id to state, from the record itself."""
        return {row.request_id: row.state for row in await self.rows()}

    async def until_states(self, ids: Sequence[str], state: str, *, within_s: float) -> None:
        """Complains when not all of those requests come to that state in time."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            states = await self.states()
            if all(states.get(one) == state for one in ids):
                return
            await asyncio.sleep(_POLL_S)
        self.complaints.append(f"not all of {len(ids)} are {state} after {within_s:g} s")

    async def finished(self) -> int:
        return sum(state != "accepted" for state in (await self.states()).values())

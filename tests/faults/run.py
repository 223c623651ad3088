"""One fault from warm-up to verdict: load, break, mend, quiesce, look at everything."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.client import TenantClient
from tests.faults.evidence import Counts, Evidence, Received, Row, Violation
from tests.faults.fault import Fault
from tests.faults.invariants import count, violations
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.picture_server import serving_pictures
from tests.faults.readers import Readers
from tests.faults.rig import REAP_AFTER_S, Rig
from tests.faults.sampler import Sampler
from tests.faults.scene import Scene
from tests.faults.streams import Listener
from tests.faults.topic_scan import Places, ends, records_since, until_worked_off

_QUIESCE_S = 60.0
_REREAD_S = 2.0
_LAG_S = 30.0
_STREAM_S = 10.0
_REAPING_S = 30.0
_POLL_S = 0.5
_NUMBERS_PER_RUN = 100_000

PHASES = {"idle": 0.0, "steady": 1.0, "burst": 3.0}
"""By what the rate is multiplied while the fault lasts."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate` operations a second; the fault begins once `warm` requests are final; the load
    goes on for `afterwards_s` once it has ended."""

    rate: float = 15.0
    warm: int = 200
    phase: str = "steady"
    seed: int = 1
    afterwards_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row of the report; passed when nothing was violated."""

    fault: Fault
    counts: Counts
    recovered_s: float | None
    took_s: float
    violations: tuple[Violation, ...]

    @property
    def passed(self) -> bool:
        return not self.violations


async def run_fault(fault: Fault, rig: Rig, pace: Pace, folder: Path) -> Verdict:
    """Tenants, ledger and numbers are this run's own; the rig may have run other faults before.

    Raises nothing for what the product does; TimeoutError when the rig itself cannot be had.
    """
    began = time.monotonic()
    async with _staged(rig, pace, _made(folder / fault.number)) as scene:
        since = await ends(rig.kafka.bootstrap_servers)
        scene.load.start()
        await _warm_up(scene, pace.warm)
        await scene.witness()
        scene.load.rate = pace.rate * PHASES[pace.phase]
        injected_at = time.monotonic()
        await _act(fault, scene)
        healed_at = time.monotonic()
        scene.load.rate = pace.rate
        evidence = await _quiesce(scene, pace, since, injected_at, healed_at)
        found = violations(evidence, fault.allowance)
        own = [*scene.complaints, *fault.check(scene, evidence)]
        found += [Violation(fault.number, text) for text in own]
    return Verdict(
        fault, count(evidence), evidence.recovered_s, time.monotonic() - began, tuple(found)
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.asynccontextmanager
async def _staged(rig: Rig, pace: Pace, folder: Path) -> AsyncIterator[Scene]:
    """Two tenants with a client and a listener each, readers, an intruder, and the sampler."""
    run = secrets.token_hex(4)
    ledger = Ledger(folder / f"ledger-{run}.jsonl")
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(ledger.close)
        pictures_url = await stack.enter_async_context(serving_pictures())
        clients, listeners = [], []
        for side in ("left", "right"):
            tenant = f"{side}-{run}"
            key = await asyncio.to_thread(rig.new_key, tenant)
            client = TenantClient(
                rig.base_url, tenant=tenant, api_key=key, ledger=ledger, pictures_url=pictures_url
            )
            stack.push_async_callback(client.aclose)
            clients.append(client)
            listeners.append(Listener(rig.base_url, tenant, key))
        first = int(run, 16) * _NUMBERS_PER_RUN % 2**40
        load = Load(clients, ledger, first_number=first, seed=pace.seed, rate=pace.rate)
        stack.push_async_callback(load.stop)
        sampler, readers = Sampler(rig), Readers(clients, ledger, seed=pace.seed)
        scene = Scene(
            rig, load, ledger, tuple(clients), tuple(listeners), sampler, readers, pace.seed
        )
        watching = [sampler.run(), readers.run(), *(listener.run() for listener in listeners)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in watching]
            yield scene
            for task in tasks:
                task.cancel()


async def _warm_up(scene: Scene, final: int) -> None:
    async with asyncio.timeout(120):
        while True:
            if await scene.finished() >= final:
                return
            await asyncio.sleep(_POLL_S)


async def _act(fault: Fault, scene: Scene) -> None:
    """Whatever the act could not do or undo is a complaint, not the end of the run."""
    try:
        await fault.act(scene)
    except Exception as error:  # noqa: BLE001 - the verdict has to name it, whatever it is
        scene.complaints.append(f"the act itself failed: {error!r}")
        await asyncio.to_thread(scene.rig.make_whole)


async def _quiesce(
    scene: Scene, pace: Pace, since: Places, injected_at: float, healed_at: float
) -> Evidence:
    """The load goes on for a moment, stops, and everything gets its time to come to rest."""
    healed = time.time()
    rig = scene.rig
    recovery = asyncio.create_task(_recovery(scene, healed, healed_at))
    await asyncio.sleep(pace.afterwards_s)
    await scene.load.stop()
    recovered_s = await recovery
    await scene.load.settle(within_s=20)
    await _until_final(scene, healed_at + _QUIESCE_S)
    lags = await until_worked_off(rig.kafka.bootstrap_servers, within_s=_LAG_S)
    rows = await scene.rows()
    await _until_told(scene, rows)
    await _until_well(scene)
    await asyncio.sleep(_REREAD_S)
    return Evidence(
        operations=scene.ledger.operations,
        earlier_rows=tuple(scene.witnessed),
        rows=rows,
        later_rows=await scene.rows(),
        records=tuple(
            one
            for one in (*scene.records, *await records_since(rig.kafka.bootstrap_servers, since))
            if one.topic.endswith("-dlq") or one.names.partition("/")[0] in scene.tenants
        ),
        objects=await _objects(scene, rows),
        lags=tuple(lags),
        received=tuple(
            _received(*pair) for pair in zip(scene.clients, scene.listeners, strict=True)
        ),
        samples=tuple(scene.sampler.samples),
        intruders_let_in=scene.readers.intruders_let_in,
        injected_at=injected_at,
        healed_at=healed_at,
        recovered_s=recovered_s,
    )


async def _recovery(scene: Scene, healed: float, healed_at: float) -> float | None:
    """Seconds until all that was accepted before the healing was final; None after 60."""
    before = {
        request_id
        for one in scene.ledger.operations
        if one.accepted_at is not None and one.accepted_at <= healed
        for request_id in one.ids
    }
    while time.monotonic() < healed_at + _QUIESCE_S:
        states = await scene.states()
        if all(states.get(request_id, "accepted") != "accepted" for request_id in before):
            return time.monotonic() - healed_at
        await asyncio.sleep(_POLL_S)
    return None


async def _until_final(scene: Scene, deadline: float) -> None:
    while time.monotonic() < deadline:
        if "accepted" not in (await scene.states()).values():
            return
        await asyncio.sleep(_POLL_S)


async def _until_told(scene: Scene, rows: tuple[Row, ...]) -> None:
    """Streams trail the record by a moment."""
    wanted = {row.request_id for row in rows if row.is_final}
    await _until(
        lambda: (
            wanted <= {fact.request_id for listener in scene.listeners for fact in listener.told}
        ),
        within_s=_STREAM_S,
    )


async def _until_well(scene: Scene) -> None:
    """Sampled ready, all of them, or the invariants will say who is not."""
    names = [process.name for process in scene.rig.processes]

    def all_well() -> bool:
        last = {one.process: one for one in scene.sampler.samples}
        return all(last[name].ready == 200 and not last[name].told_down for name in names)

    await _until(all_well, within_s=_LAG_S)


async def _until(is_so: Callable[[], bool], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_so():
            return
        await asyncio.sleep(_POLL_S)


async def _objects(scene: Scene, rows: tuple[Row, ...]) -> frozenset[str]:
    """What lies in the bucket, once the reaper has had its time with what has no row."""
    ids = {row.request_id for row in rows}
    deadline = time.monotonic() + REAP_AFTER_S + _REAPING_S
    while True:
        found = await scene.objects()
        if all(key.split("/")[1] in ids for key in found) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(_POLL_S)


def _received(client: TenantClient, listener: Listener) -> Received:
    return Received(
        tenant=client.tenant,
        told=tuple(listener.told),
        gaps=tuple(listener.gaps),
        text=(*client.heard.text, *listener.text),
        refused=tuple(client.heard.refused),
        wrong=tuple(client.heard.wrong),
    )


def _all_received(scene: Scene) -> tuple[Received, ...]:
    pairs = zip(scene.clients, scene.listeners, strict=True)
    return tuple(_received(client, listener) for client, listener in pairs)

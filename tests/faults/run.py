"""One fault from warm-up to verdict: load, break, mend, quiesce, look at everything."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.client import TenantClient
from tests.faults.evidence import Counts, Violation
from tests.faults.fault import Fault
from tests.faults.invariants import count, violations
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.picture_server import serving_pictures
from tests.faults.pictures import LARGEST
from tests.faults.quiesce import quiesce
from tests.faults.readers import Readers
from tests.faults.rig import AnyRig
from tests.faults.sampler import Sampler
from tests.faults.scene import Scene
from tests.faults.streams import Listener
from tests.faults.topic_scan import ends

_POLL_S = 0.5
_NUMBERS_PER_RUN = 100_000

PHASES = {"steady": 1.0, "burst": 3.0}
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

    fault: Fault[Any]
    counts: Counts
    recovered_s: float | None
    took_s: float
    violations: tuple[Violation, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.violations


async def run_fault(fault: Fault[AnyRig], rig: AnyRig, pace: Pace, folder: Path) -> Verdict:
    """Tenants, ledger and numbers are this run's own; the rig may have run other faults before.

    Raises nothing: a run that breaks off is a failed one.
    """
    began = time.monotonic()
    try:
        return await _run(fault, rig, pace, folder)
    except Exception as error:  # noqa: BLE001 - the verdict has to name it, whatever it is
        broke_off = Violation(fault.number, f"the run broke off: {error!r}")
        return Verdict(fault, Counts(), None, time.monotonic() - began, (broke_off,))


async def _run(fault: Fault[AnyRig], rig: AnyRig, pace: Pace, folder: Path) -> Verdict:
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
        evidence = await quiesce(
            scene,
            since,
            injected_at=injected_at,
            healed_at=healed_at,
            afterwards_s=pace.afterwards_s,
        )
        found = violations(evidence, fault.allowance)
        own = [*scene.complaints, *fault.check(scene, evidence)]
        found += [Violation(fault.number, text) for text in own]
    return Verdict(
        fault,
        count(evidence),
        evidence.recovered_s,
        time.monotonic() - began,
        tuple(found),
        tuple(scene.notes),
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.asynccontextmanager
async def _staged(rig: AnyRig, pace: Pace, folder: Path) -> AsyncIterator[Scene[AnyRig]]:
    """Two tenants with a client and a listener each, readers, an intruder, and the sampler."""
    run = secrets.token_hex(4)
    ledger = Ledger(folder / f"ledger-{run}.jsonl")
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(ledger.close)
        pictures_url = await stack.enter_async_context(serving_pictures())
        clients, listeners = [], []
        tenants = [f"{side}-{run}" for side in ("left", "right")]
        keys = await asyncio.gather(*(asyncio.to_thread(rig.new_key, one) for one in tenants))
        for tenant, key in zip(tenants, keys, strict=True):
            client = TenantClient(
                rig.base_url, tenant=tenant, api_key=key, ledger=ledger, pictures_url=pictures_url
            )
            stack.push_async_callback(client.aclose)
            clients.append(client)
            listeners.append(Listener(rig.base_url, tenant, key))
        first = int(run, 16) * _NUMBERS_PER_RUN % (LARGEST - _NUMBERS_PER_RUN)
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


async def _warm_up(scene: Scene[Any], final: int) -> None:
    async with asyncio.timeout(120):
        while True:
            if await scene.finished() >= final:
                return
            await asyncio.sleep(_POLL_S)


async def _act(fault: Fault[AnyRig], scene: Scene[AnyRig]) -> None:
    """Whatever the act could not do or undo is a complaint, not the end of the run."""
    try:
        await fault.act(scene)
    except Exception as error:  # noqa: BLE001 - the verdict has to name it, whatever it is
        scene.complaints.append(f"the act itself failed: {error!r}")
        await asyncio.to_thread(scene.rig.make_whole)

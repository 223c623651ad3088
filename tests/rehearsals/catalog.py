"""Every rehearsal there is, by its number, each with the deployment that it needs."""

import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.fault import Fault
from tests.faults.run import Pace, Verdict, run_fault
from tests.faults.supervised import Program
from tests.rehearsals.broker_loss import BROKER_LOSS
from tests.rehearsals.brokers_rig import Brokers, running_brokers
from tests.rehearsals.upgrade import UPGRADES
from tests.rehearsals.upgrade_rig import Upgrade
from tests.rehearsals.versions import checked_out, version_before


@dataclass(frozen=True, slots=True)
class Plan:
    """`revision` is the version before, None for the one that the rehearsal names;
    `python` runs it."""

    pace: Pace
    folder: Path
    revision: str | None = None
    python: str = sys.executable


Running = Callable[[Path, Program], AbstractAsyncContextManager[Upgrade]]
Rehearse = Callable[[Plan], Coroutine[Any, Any, Verdict]]


async def _with_brokers(fault: Fault[Brokers], plan: Plan) -> Verdict:
    async with running_brokers(plan.folder / fault.number) as rig:
        return await run_fault(fault, rig, plan.pace, plan.folder / "ledgers")


async def _between_versions(
    fault: Fault[Upgrade], before: str, running: Running, plan: Plan
) -> Verdict:
    folder = plan.folder / fault.number
    revision = plan.revision or version_before(before)
    old = checked_out(revision, folder / "old", python=plan.python)
    async with running(folder, old) as rig:
        return await run_fault(fault, rig, plan.pace, plan.folder / "ledgers")


REHEARSALS: Mapping[str, Rehearse] = {
    **{fault.number: partial(_with_brokers, fault) for fault in BROKER_LOSS},
    **{
        fault.number: partial(_between_versions, fault, before, running)
        for fault, before, running in UPGRADES
    },
}

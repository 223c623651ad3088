"""Children of the detector that hang and die."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from typing import Final

from tests.alerts.fault import Fault, alert, meanwhile
from tests.alerts.stage import Stage
from tests.support.detector_children import detector_children

_LOOK_S: Final = 0.2
_IN_WORK_S: Final = 1.0
_QUEUED: Final = 12


@contextlib.asynccontextmanager
async def _child_hangs(stage: Stage) -> AsyncIterator[None]:
    children = await _children(stage)
    _signal(children, signal.SIGSTOP)
    for _ in range(_QUEUED):
        await stage.upload()
    try:
        yield
    finally:
        _signal(children, signal.SIGCONT)


@contextlib.asynccontextmanager
async def _children_die(stage: Stage) -> AsyncIterator[None]:
    async with meanwhile(_kill_with_work(stage)):
        yield


async def _kill_with_work(stage: Stage) -> None:
    """Each is held until it has a picture, so that it dies with one."""
    while True:
        children = await _children(stage)
        _signal(children, signal.SIGSTOP)
        await asyncio.sleep(_IN_WORK_S)
        _signal(children, signal.SIGKILL)
        await asyncio.sleep(_LOOK_S)


async def _children(stage: Stage) -> set[int]:
    while True:
        found = await asyncio.to_thread(detector_children, stage.workers["detect"].pid)
        if found:
            return found
        await asyncio.sleep(_LOOK_S)


def _signal(children: set[int], number: signal.Signals) -> None:
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


CHILD_HANGS = Fault(
    "the child of the detector stopped, uploads go on",
    (alert("DetectorsSaturated"),), _child_hangs,
)  # fmt: skip
CHILDREN_DIE = Fault(
    "each child of the detector killed with a picture in its hands",
    (alert("DetectorChildrenDie", job="detect"),), _children_die,
)  # fmt: skip

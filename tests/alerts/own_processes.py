"""Processes of the product that stop, die, are starved, leak, or are not read."""

import asyncio
import contextlib
import os
import resource
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx

from tests.alerts.fault import Fault, alert, meanwhile
from tests.alerts.processes import Piped
from tests.alerts.stage import Stage
from tests.faults.supervised import Supervised
from tests.support.product_processes import answers_200

_STARVED_S: Final = 0.7
_FED_S: Final = 0.05
_SCRAPED_S: Final = 1.5
_LOOK_S: Final = 0.3
_STREAMS: Final = 100
_SHARE_OF_FILES: Final = 0.87
_FILL_BYTES: Final = 40_000_000


@contextlib.asynccontextmanager
async def _stopped(process: Supervised) -> AsyncIterator[None]:
    await asyncio.to_thread(process.stop)
    try:
        yield
    finally:
        process.start()


@contextlib.asynccontextmanager
async def _all_stopped(stage: Stage) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        stops = [stack.enter_async_context(_stopped(one)) for one in stage.rig.processes]
        await asyncio.gather(*stops)
        yield


@contextlib.asynccontextmanager
async def _killed_again_and_again(stage: Stage) -> AsyncIterator[None]:
    async with meanwhile(_kill_for_ever(stage.workers["spare"])):
        yield


async def _kill_for_ever(process: Supervised) -> None:
    """Each time after Prometheus has seen it once."""
    url = f"http://127.0.0.1:{process.port}/metrics"
    while True:
        if await asyncio.to_thread(answers_200, url):
            await asyncio.sleep(_SCRAPED_S)
            process.kill()
        await asyncio.sleep(_LOOK_S)


@contextlib.asynccontextmanager
async def _starved(stage: Stage) -> AsyncIterator[None]:
    """It gets a tenth of the time, as from a limit on processor time."""
    pid = stage.workers["spare"].pid
    async with meanwhile(_stop_and_go(pid)):
        yield
    os.kill(pid, signal.SIGCONT)


async def _stop_and_go(pid: int) -> None:
    while True:
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(_STARVED_S)
        os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(_FED_S)


@contextlib.asynccontextmanager
async def _leaking(stage: Stage) -> AsyncIterator[None]:
    pid = stage.workers["spare"].pid
    os.kill(pid, signal.SIGRTMIN)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGRTMIN + 1)


@contextlib.asynccontextmanager
async def _log_not_read(stage: Stage) -> AsyncIterator[None]:
    process = stage.workers["detect"]
    if not isinstance(process, Piped):
        raise TypeError(f"{process.name} does not write into a pipe")
    process.stop_reading()
    try:
        async with meanwhile(stage.upload_for_ever()):
            yield
    finally:
        process.go_on_reading()


@contextlib.asynccontextmanager
async def _many_streams(stage: Stage) -> AsyncIterator[None]:
    """The limit is set a little above what a hundred listeners bring it to."""
    pid = stage.rig.api.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    async with contextlib.AsyncExitStack() as stack:
        await _listen(stack, stage.client)
        limit = int(_open_files(pid) / _SHARE_OF_FILES)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
        yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def _listen(stack: contextlib.AsyncExitStack, client: httpx.AsyncClient) -> None:
    for _ in range(_STREAMS):
        await stack.enter_async_context(client.stream("GET", "/api/v1/events"))


@contextlib.asynccontextmanager
async def _spool_full(stage: Stage) -> AsyncIterator[None]:
    filler = stage.spool / "filler"
    filler.write_bytes(bytes(_FILL_BYTES))
    try:
        yield
    finally:
        filler.unlink()


@contextlib.asynccontextmanager
async def _no_sweeper(stage: Stage) -> AsyncIterator[None]:
    async with _stopped(stage.workers["sweep"]):
        yield


@contextlib.asynccontextmanager
async def _no_detector(stage: Stage) -> AsyncIterator[None]:
    async with _stopped(stage.workers["detect"]):
        for _ in range(3):
            await stage.upload()
        yield


NO_SWEEPER = Fault(
    "the process that sweeps stopped",
    (alert("ProcessDown", job="sweep"), alert("NobodySweeps")), _no_sweeper,
)  # fmt: skip
NO_DETECTOR = Fault(
    "the interactive detector stopped, uploads go on",
    (alert("InteractiveRequestsAge", lane="interactive"),), _no_detector,
)  # fmt: skip
ALL_STOPPED = Fault("every process stopped", (alert("NothingRuns"),), _all_stopped)
KILLED_AGAIN_AND_AGAIN = Fault(
    "a worker killed whenever it has started",
    (alert("ProcessRestarts", job="spare"),), _killed_again_and_again,
)  # fmt: skip
STARVED = Fault(
    "a worker stopped nine tenths of the time",
    (alert("EventLoopLags", job="spare"),), _starved,
)  # fmt: skip
LEAKING = Fault(
    "a worker that takes 400 MB and keeps them",
    (alert("MemoryNearLimit", job="spare"),), _leaking,
)  # fmt: skip
LOG_NOT_READ = Fault(
    "nobody reads the log pipe of a worker, uploads go on",
    (alert("LogLinesDropped", job="detect"),), _log_not_read,
)  # fmt: skip
MANY_STREAMS = Fault(
    f"{_STREAMS} event streams, and a limit of files little above",
    (alert("FilesNearLimit", job="api"),), _many_streams,
)  # fmt: skip
SPOOL_FULL = Fault(
    "the file system of the spool filled", (alert("SpoolNearlyFull", job="api"),), _spool_full
)

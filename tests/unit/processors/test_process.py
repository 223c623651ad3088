"""A worker ends with what it cannot do without, and tells by its exit code."""

import asyncio
import subprocess
import sys

import pytest

from processors.process import ErrandEndedError, Together

PROGRAM = """
import asyncio, os, signal, sys
import mode
from processors.process import Errand, Together, WorkerProcess

class App(mode.Service):
    @mode.Service.task
    async def work(self):
        {app}

async def errand():
    {errand}

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
services = [Together([App(), App()]), Errand(errand)]
worker = WorkerProcess(services, loop, stop_deadline_s={deadline_s})
worker.execute_from_commandline()
"""
FOR_EVER = "await asyncio.sleep(3600)"
STOP = "await asyncio.sleep(0.2); os.kill(os.getpid(), signal.SIGTERM); await asyncio.sleep(3600)"
HANG = "await asyncio.sleep(0.3); import time; time.sleep(3600)"


def run(*, app: str = FOR_EVER, errand: str = FOR_EVER, deadline_s: float = 30) -> int:
    program = PROGRAM.format(app=app, errand=errand, deadline_s=deadline_s)
    ended = subprocess.run(
        [sys.executable, "-c", program], timeout=40, check=False, capture_output=True
    )
    return ended.returncode


@pytest.mark.parametrize(
    ("app", "errand", "code"),
    [
        (FOR_EVER, STOP, 0),
        (FOR_EVER, "raise ZeroDivisionError", 1),
        (FOR_EVER, "return", 1),
        ("await asyncio.sleep(0.3); raise ZeroDivisionError", FOR_EVER, 1),
    ],
)
def test_the_exit_code_says_whether_it_was_told_to_end(app: str, errand: str, code: int) -> None:
    assert run(app=app, errand=errand) == code


def test_a_stop_that_hangs_is_ended_by_the_watchdog() -> None:
    assert run(app=HANG, errand=STOP, deadline_s=0.5) == 70


class Service:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.is_stopped = False

    async def stop(self) -> None:
        await asyncio.sleep(0)
        self.is_stopped = True
        if self.error is not None:
            raise self.error


async def test_all_are_stopped_though_one_fails() -> None:
    services = [Service(), Service(OSError("no")), Service()]
    with pytest.raises(OSError, match="no"):
        await Together(services).on_stop()
    assert all(service.is_stopped for service in services)


def test_the_error_of_an_ended_errand_is_no_runtime_error() -> None:
    """Mode looks into the text of those, and lets some pass."""
    assert not issubclass(ErrandEndedError, RuntimeError)

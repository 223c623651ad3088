"""A process that was told to stop and hangs ends all the same."""

import subprocess
import sys
import time

from processors.watchdog import EXIT_HUNG

HANG = """
import signal, time
from processors.watchdog import end_if_hung
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end_if_hung({deadline_s})
{then}
"""


def run(deadline_s: float, then: str) -> int:
    program = HANG.format(deadline_s=deadline_s, then=then)
    return subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode


def test_a_hung_process_is_ended_with_a_code_of_its_own() -> None:
    began = time.monotonic()
    assert run(0.2, "while True: time.sleep(60)") == EXIT_HUNG
    assert time.monotonic() - began < 20


def test_one_that_ends_in_time_keeps_its_code() -> None:
    assert run(60, "raise SystemExit(3)") == 3

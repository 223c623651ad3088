"""A child process with a log file that does not outlive us, whatever kills us."""

import ctypes
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwnam

_LARGEST_LOG_BYTES = 5_000_000
_PR_SET_PDEATHSIG = 1
_ERROR = re.compile(r'"level": "(error|critical)"')


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, as whom, and the signals that end it: `stop_signal` when we stop it,
    `death_signal` from the kernel when we die."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL


class Child:
    """One run of a program, in a session of its own: a terminal's Ctrl-C does not reach it.

    The kernel ties the death signal to the thread that starts it: start it from the main thread.
    With `shows_output` it writes to our own output instead of its log.
    """

    def __init__(self, program: Program, *, shows_output: bool = False) -> None:
        self.program = program
        self.started_at = time.monotonic()
        _set_aside(program.log)
        with program.log.open("ab") as log:
            self._log_began = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own programs and arguments
                program.argv,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=None if shows_output else log,
                stderr=None if shows_output else subprocess.STDOUT,
                user=program.user,
                group=None if program.user is None else getpwnam(program.user).pw_gid,
                extra_groups=None if program.user is None else [],
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid(), program.death_signal),  # noqa: PLW1509 - one thread
            )

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        if self.exit_code is None:
            self._process.send_signal(self.program.stop_signal)

    def end(self, within_s: float) -> None:
        """Waits, then kills it, and whatever it has left in its group with it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, within_s))
        self.sweep()

    def sweep(self) -> None:
        """Kills it and what is left of its process group; returns when it is reaped."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """What its log says of this run that sounds like a reason; its end when nothing does."""
        with self.program.log.open("rb") as log:
            log.seek(self._log_began)
            lines = log.read().decode("utf-8", "replace").splitlines()
        reasons = [line for line in lines if not line.startswith("{") or _ERROR.search(line)]
        return "\n".join(line[:500] for line in (reasons or lines)[-6:])


def _dies_with(parent: int, number: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


def _set_aside(log: Path) -> None:
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))

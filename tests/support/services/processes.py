"""Start a server process with a log file, wait until it is ready, stop it; nothing is left over."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.support.services.process_family import signal_family, wait_until_gone


class NotReadyError(RuntimeError):
    """The server ended, or did not answer in time; carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, as whom, and with which signals it is asked to stop.

    `death_signal` is what it gets when the process that started it dies.
    """

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL


class ServerProcess:
    """One started server, in a session of its own so that a terminal's Ctrl-C does not reach it."""

    def __init__(self, command: Command, log_file: Path) -> None:
        self._command = command
        self._log_file = log_file
        self._process = _launching_thread().submit(_launch, command, log_file).result()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        """Not ended; a paused server counts as running."""
        return self._process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Returns once `is_ready` says so; an OSError of it means not yet."""
        deadline = time.monotonic() + timeout_s
        while not _says_yes(is_ready):
            if not self.running:
                raise NotReadyError(f"{self._name} ended before it was ready\n{self._log_end()}")
            if time.monotonic() > deadline:
                raise NotReadyError(
                    f"{self._name} did not answer in {timeout_s:.0f} s\n{self._log_end()}"
                )
            time.sleep(0.02)

    def stop(self, *, timeout_s: float) -> None:
        """Ask the server to stop, also a paused one; past the timeout, kill it."""
        if self.running:
            os.kill(self.pid, self._command.stop_signal)
            self.signal(signal.SIGCONT)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL for the server and its children; returns when all of them are gone."""
        if self.running:
            reached = self.signal(signal.SIGKILL)
            self._process.wait(10)
            if not wait_until_gone(reached, timeout_s=10):
                raise NotReadyError(f"{self._name}: children outlive SIGKILL: {reached}")

    def signal(self, number: signal.Signals) -> list[int]:
        """Signal the server and its children; returns the process ids reached."""
        return signal_family(self.pid, number) if self.running else []

    @property
    def _name(self) -> str:
        return Path(self._command.argv[0]).name

    def _log_end(self) -> str:
        lines = self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"the end of {self._log_file}:", *lines[-20:]])


def run_to_end(command: Command, *, timeout_s: float) -> None:
    """Run a preparing command; NotReadyError with its output when it fails."""
    finished = subprocess.run(
        command.argv if command.user is None else (*_as_user(command.user), *command.argv),
        cwd=command.folder,
        env={**os.environ, **command.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if finished.returncode:
        raise NotReadyError(f"{' '.join(command.argv)} failed:\n{finished.stdout[-2000:]}")


def _launch(command: Command, log_file: Path) -> subprocess.Popen[bytes]:
    with log_file.open("ab") as log:
        return subprocess.Popen(
            (*_guarded(command), *command.argv),
            cwd=command.folder,
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _guarded(command: Command) -> tuple[str, ...]:
    """What execs the command so that it does not outlive us (Linux), and as its user."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return _as_user(command.user) if command.user else ()
    death_signal = ("--pdeathsig", command.death_signal.name.removeprefix("SIG"))
    if command.user is None:
        return (setpriv, *death_signal)
    return (*_as_user(command.user), *death_signal)


def _as_user(user: str) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups")


def _says_yes(is_ready: Callable[[], bool]) -> bool:
    try:
        return is_ready()
    except OSError:
        return False


@cache
def _launching_thread() -> ThreadPoolExecutor:
    """Linux ties a death signal to the thread that started the child: it has to outlive them all.

    The executor's one thread ends with the interpreter, so a server that nobody stopped ends then.
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="server-launcher")

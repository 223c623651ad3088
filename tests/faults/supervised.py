"""Processes of the product under a supervisor that starts again whatever ends, as orchestrators do.

This is all that may happen by itself: an invariant is that no other step is ever needed.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.services.processes import Command, NotReadyError, ServerProcess

ROOT = Path(__file__).resolve().parents[2]
_LOOK_S = 0.1
_BACK_OFF_S = 1.0


@dataclass(frozen=True, slots=True)
class Program:
    """A checkout, the interpreter that has what it needs, and the settings that it alone knows."""

    root: Path = ROOT
    python: str = sys.executable
    settings: Mapping[str, str] = field(default_factory=dict)

    def argv(self, module: str, *arguments: str) -> tuple[str, ...]:
        """To be run in its root: there Python finds its modules first."""
        return (self.python, "-m", module, *arguments)


THIS_PROGRAM = Program()


class _Started(ServerProcess):
    @property
    def exit_code(self) -> int | None:
        return self._process.poll()


@dataclass(slots=True)
class Supervised:
    """One process. `exits` are the codes of those that ended, negative for signals."""

    name: str
    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    log_file: Path
    exits: list[int] = field(default_factory=list)
    is_wanted: bool = False
    program: Program = THIS_PROGRAM
    _running: _Started | None = None

    @property
    def pid(self) -> int:
        """NotReadyError when it does not run."""
        return self._alive().pid

    @property
    def is_running(self) -> bool:
        return self._running is not None and self._running.running

    def start(self, **extra: str) -> None:
        """`extra` variables are set for this start only."""
        self.is_wanted = True
        argv = self.program.argv(self.module, *self.arguments)
        command = Command(argv, self.program.root, {**self.environment, **extra})
        self._running = _Started(command, self.log_file)

    def kill(self) -> None:
        """SIGKILL; the supervisor starts it again."""
        self._alive().kill()

    def terminate(self) -> None:
        """SIGTERM; the supervisor starts it again once it has ended."""
        self._alive().signal(signal.SIGTERM)

    def pause(self) -> None:
        self._alive().signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._alive().signal(signal.SIGCONT)

    def stop(self) -> None:
        """It stays down."""
        self.is_wanted = False
        if self._running is not None:
            self._running.stop(timeout_s=50)
            self._note_exit()

    def log_end(self) -> str:
        """The last of what it wrote."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")[-2000:]

    def look(self) -> bool:
        """Whether it has ended although it is wanted; the exit code is noted once."""
        if not self.is_wanted or self.is_running:
            return False
        self._note_exit()
        return True

    def _note_exit(self) -> None:
        if self._running is not None and self._running.exit_code is not None:
            self.exits.append(self._running.exit_code)
        self._running = None

    def _alive(self) -> _Started:
        if self._running is None or not self._running.running:
            raise NotReadyError(f"{self.name} is not running")
        return self._running


async def supervise(processes: Callable[[], Sequence[Supervised]]) -> None:
    """For ever; they are asked for again each time, so they may grow and shrink."""
    due: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    while True:
        for process in processes():
            if process.look():
                due.setdefault(process.name, loop.time() + _BACK_OFF_S)
            if process.is_wanted and loop.time() >= due.get(process.name, float("inf")):
                del due[process.name]
                process.start()
        await asyncio.sleep(_LOOK_S)

"""What every native server can do: start, stop, be killed, be paused, and start again."""

import signal
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.services.processes import Command, NotReadyError, ServerProcess


class LocalService(ABC):
    """A server on 127.0.0.1 whose port and data stay the same from one start to the next.

    Not for use by two threads at once.
    """

    name: str
    start_timeout_s = 60.0
    stop_timeout_s = 20.0

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._process: ServerProcess | None = None

    @property
    def running(self) -> bool:
        """Its process lives; true of a paused server too."""
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int:
        """The server's own process, never that of a wrapper; NotReadyError when not running."""
        return self._started().pid

    @property
    def log_file(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Returns once the server answers its own protocol; does nothing when it runs already."""
        if self.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._prepare()
        self._process = ServerProcess(self._command(), self.log_file)
        try:
            self._process.wait_until(self._answers, timeout_s=self.start_timeout_s)
            self._settle()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to stop and wait; it is killed when it does not. Nothing when not running."""
        if self._process is not None:
            self._process.stop(timeout_s=self.stop_timeout_s)

    def kill(self) -> None:
        """SIGKILL, as a crash or the kernel's out-of-memory killer would; data stays."""
        if self._process is not None:
            self._process.kill()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers, as in a network partition."""
        self._started().signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._started().signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _started(self) -> ServerProcess:
        if self._process is None or not self._process.running:
            raise NotReadyError(f"{self.name} is not running; start() it first")
        return self._process

    def _prepare(self) -> None:  # noqa: B027 - only some servers need it
        """Make the data folder; called before each start."""

    def _settle(self) -> None:  # noqa: B027 - only some servers need it
        """What is done once the server answers, such as making the database."""

    @abstractmethod
    def _command(self) -> Command: ...

    @abstractmethod
    def _answers(self) -> bool:
        """True when the server answers its protocol; may raise OSError instead of false."""

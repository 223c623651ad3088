"""Waiting for whichever comes first: a child's end, a request to stop, or a moment."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Any

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Watch:
    """Only for the main thread. Inside it the stop signals are noted instead of obeyed."""

    def __init__(self) -> None:
        self.is_stop_asked = False
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Watch":
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (*_STOP, signal.SIGCHLD):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def wait(self, seconds: float) -> None:
        """Returns early at any signal; a caller looks at its children after each return."""
        ready, _, _ = select.select([self._read], [], [], max(0.0, seconds))
        if ready:
            os.read(self._read, 4096)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number in _STOP:
            self.is_stop_asked = True

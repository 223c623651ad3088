"""The way of log lines out of the process: whoever writes one never waits for whoever reads it."""

import atexit
import contextlib
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

_MOST_BYTES: Final = 4_000_000
_FLUSH_S: Final = 2.0
_TOGETHER: Final = 64 * 1024

Note = Callable[[int], str]
"""How many lines were dropped, to the line that tells it."""


class LogPipe:
    """A queue of `most_bytes` and a thread that writes it to a file descriptor. A line that finds
    the queue full is dropped and counted; as soon as the reader reads again, a line says how many.

    `close` waits `within_s` for what is queued. A line that the process is writing when it is
    killed, and those behind it, are lost.
    """

    def __init__(self, descriptor: int, *, most_bytes: int = _MOST_BYTES) -> None:
        self._descriptor = descriptor
        self.note: Note = _plain_note
        self.most_bytes = most_bytes
        self._lines: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._untold = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self.dropped = 0
        threading.Thread(target=self._write_for_ever, name="log-pipe", daemon=True).start()
        atexit.register(self.close)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes

    def put(self, line: str) -> None:
        """Never waits and never raises. `line` is without its end."""
        encoded = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._changed:
            if self._is_closed or self._waiting_bytes + len(encoded) > self.most_bytes:
                self.dropped += 1
                self._untold += 1
                return
            self._tell_dropped()
            self._append(encoded)
            self._changed.notify_all()

    def close(self, *, within_s: float = _FLUSH_S) -> None:
        """What comes after this is dropped."""
        with self._changed:
            self._tell_dropped()
            self._is_closed = True
            self._changed.notify_all()
        self.drained(within_s=within_s)
        atexit.unregister(self.close)

    def drained(self, *, within_s: float) -> bool:
        """Waits so long for all that is queued to be written; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting_bytes, within_s)

    def _tell_dropped(self) -> None:
        """Before the first line that finds room again: the gap is told where it is."""
        if self._untold:
            self._append(self.note(self._untold).encode() + b"\n")
            self._untold = 0

    def _append(self, encoded: bytes) -> None:
        self._lines.append(encoded)
        self._waiting_bytes += len(encoded)

    def _write_for_ever(self) -> None:
        while True:
            with self._changed:
                while not self._lines:
                    if self._is_closed:
                        return
                    self._changed.wait()
                together = self._take()
            self._write(together)
            with self._changed:
                self._waiting_bytes -= len(together)
                self._changed.notify_all()

    def _take(self) -> bytes:
        """Some lines at once: one call of the system for many."""
        taken = [self._lines.popleft()]
        size = len(taken[0])
        while self._lines and size + len(self._lines[0]) <= _TOGETHER:
            taken.append(self._lines.popleft())
            size += len(taken[-1])
        return b"".join(taken)

    def _write(self, together: bytes) -> None:
        """A reader that is gone for good costs its lines, nothing else."""
        left = memoryview(together)
        try:
            while left:
                with contextlib.suppress(BlockingIOError):  # whoever shares it made it so
                    left = left[os.write(self._descriptor, left) :]
                    continue
                self._wait_for_room()
        except OSError:
            with self._changed:
                self.dropped += together.count(b"\n")

    def _wait_for_room(self) -> None:
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        room.poll()


def _plain_note(dropped: int) -> str:
    return f"{dropped} lines were dropped: nobody read them"

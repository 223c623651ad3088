"""How many events of one subject are written: an attacker must not fill the table."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from storage.audit_events import A_MINUTE, AuditEvent

_WINDOW_S: Final = 60.0
_SUBJECTS: Final = 10_000
_SUBJECTS_A_WINDOW: Final = 100
_OTHERS: Final = "others"


@dataclass(slots=True)
class _Window:
    ends_at: float
    written: int = 0
    counted: int = 0


class Sampling:
    """Of each subject the first few a minute, as `A_MINUTE` says; of subjects first seen, a hundred
    new ones a minute, and those beyond share one. What nobody can cause at will is always written.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: OrderedDict[tuple[str, ...], _Window] = OrderedDict()
        self._newcomers = _Window(0.0)

    def admit(self, event: AuditEvent) -> int | None:
        """None when it is only to be counted; else how many were counted since the last one."""
        most = A_MINUTE.get(event.action)
        if most is None:
            return 0
        now = self._clock()
        window = self._window(event, now)
        if window.written >= most:
            window.counted += 1
            return None
        window.written += 1
        counted, window.counted = window.counted, 0
        return counted

    def _window(self, event: AuditEvent, now: float) -> _Window:
        subject = event.subject
        if subject not in self._windows and not self._has_room(now):
            subject = (event.action, _OTHERS)
        window = self._windows.setdefault(subject, _Window(now + _WINDOW_S))
        self._windows.move_to_end(subject)
        if window.ends_at <= now:
            window.ends_at, window.written = now + _WINDOW_S, 0
        if len(self._windows) > _SUBJECTS:
            self._windows.popitem(last=False)
        return window

    def _has_room(self, now: float) -> bool:
        if self._newcomers.ends_at <= now:
            self._newcomers = _Window(now + _WINDOW_S)
        self._newcomers.written += 1
        return self._newcomers.written <= _SUBJECTS_A_WINDOW

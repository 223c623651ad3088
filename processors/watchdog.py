"""Ends a process that was told to stop and does not: Faust and its client can hang there."""

import os
import threading

from telemetry.logs import flush_logs, get_logger

_log = get_logger(__name__)
EXIT_HUNG = 70


def end_if_hung(deadline_s: float) -> None:
    """From now on: when the process still lives `deadline_s` after this call, it ends."""
    timer = threading.Timer(deadline_s, _end, args=(deadline_s,))
    timer.daemon = True
    timer.start()


def _end(deadline_s: float) -> None:
    _log.error("stop_hung", after_s=deadline_s)
    flush_logs()
    os._exit(EXIT_HUNG)

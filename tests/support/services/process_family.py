"""A process and all that descends from it, also where the children left its process group.

PostgreSQL's backends each lead a group of their own, so signalling a group reaches only the
first of them. Outside Linux (no /proc) a family is its head alone.
"""

import contextlib
import os
import signal
import time
from pathlib import Path


def family_of(head: int) -> list[int]:
    """The head first, then its living descendants, as far as /proc shows them now."""
    children: dict[int, list[int]] = {}
    for pid, parent in _living_processes():
        children.setdefault(parent, []).append(pid)
    family = [head]
    for member in family:
        family.extend(children.get(member, ()))
    return family


def signal_family(head: int, number: signal.Signals) -> list[int]:
    """Signal everyone, again for those born meanwhile; returns whom it reached."""
    reached: list[int] = []
    while fresh := [pid for pid in family_of(head) if pid not in reached]:
        for pid in fresh:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            reached.append(pid)
    return reached


def wait_until_gone(pids: list[int], *, timeout_s: float) -> bool:
    """True when none of them runs any more (a zombie does not run)."""
    deadline = time.monotonic() + timeout_s
    while any(_is_running(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _living_processes() -> list[tuple[int, int]]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        state_and_parent = _state_and_parent(int(entry.name))
        if state_and_parent is not None and state_and_parent[0] != "Z":
            found.append((int(entry.name), state_and_parent[1]))
    return found


def _is_running(pid: int) -> bool:
    state_and_parent = _state_and_parent(pid)
    return state_and_parent is not None and state_and_parent[0] != "Z"


def _state_and_parent(pid: int) -> tuple[str, int] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return state, int(parent)

"""The child processes of a detector that this process has started, looked at through /proc."""

import os
from pathlib import Path

from tests.support.process_tree import descendants


def detector_children(of: int | None = None) -> set[int]:
    """Those that run a model: the fork server and the tracker of semaphores have none."""
    return {pid for pid in descendants(of or os.getpid()) if _maps_a_model(pid)}


def peak_bytes(pid: int) -> int:
    """The most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _maps_a_model(pid: int) -> bool:
    """Only a child has the small limit on open files."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_text()
    except OSError:
        return False
    return any(
        line.split()[3:5] == ["64", "64"] for line in limits.splitlines() if "open files" in line
    )

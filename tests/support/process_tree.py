"""Looking at processes through /proc, and waiting for what must become true."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.support.within import crowd


def descendants(pid: int) -> set[int]:
    """Children, grandchildren and so on that live now; zombies are not counted."""
    parents = {child: parent for child, parent, state in _processes() if state != "Z"}
    found: set[int] = set()
    growing = {pid}
    while growing:
        growing = {child for child, parent in parents.items() if parent in growing} - found
        found |= growing
    return found


def is_alive(pid: int) -> bool:
    return any(process == pid and state != "Z" for process, _, state in _processes())


def wait_until(condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Poll; fail when it is not true in time."""
    until = time.monotonic() + within_s * crowd()
    while not condition():
        assert time.monotonic() < until, f"not true within {within_s:g} s"
        time.sleep(0.01)


def _processes() -> list[tuple[int, int, str]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        found.append((int(folder.name), int(parent), state))
    return found

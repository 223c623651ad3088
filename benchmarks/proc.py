"""What Linux says of processes: processor time and memory, from /proc."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_MS_PER_TICK = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """User and system together; `reaped_ms` is that of ended children, theirs included."""

    own_ms: float
    reaped_ms: float


@dataclass(frozen=True, slots=True)
class Memory:
    """`pss` shares out pages that several processes map; `rss` counts them for each."""

    pss_mb: float = 0.0
    rss_mb: float = 0.0

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.pss_mb + other.pss_mb, self.rss_mb + other.rss_mb)

    def largest(self, other: "Memory") -> "Memory":
        return Memory(max(self.pss_mb, other.pss_mb), max(self.rss_mb, other.rss_mb))


def cpu_times(pid: int) -> CpuTimes:
    """Zero for a process that is gone: its time has moved to whoever waited for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return CpuTimes(0.0, 0.0)
    return parse_cpu_times(stat)


def parse_cpu_times(stat: str) -> CpuTimes:
    """proc(5): utime, stime, cutime and cstime are the fields 14 to 17."""
    fields = stat.rpartition(")")[2].split()
    user, system, children_user, children_system = (int(field) for field in fields[11:15])
    return CpuTimes(
        (user + system) * _MS_PER_TICK, (children_user + children_system) * _MS_PER_TICK
    )


def machine_cpu_ms() -> float:
    """All processes and interrupts of the machine together, and what its host took away."""
    return parse_machine_cpu_ms(Path("/proc/stat").read_text(encoding="utf-8"))


def parse_machine_cpu_ms(stat: str) -> float:
    """proc(5): user, nice, system, idle, iowait, irq, softirq, steal."""
    user, nice, system, _, _, irq, softirq, steal = map(int, stat.splitlines()[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) * _MS_PER_TICK


class Families:
    """Who descends from whom, as /proc showed it at one moment."""

    def __init__(self) -> None:
        self._children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (parent := _parent(entry)) is not None:
                self._children.setdefault(parent, []).append(int(entry.name))

    def descendants(self, head: int) -> list[int]:
        found = list(self._children.get(head, ()))
        for member in found:
            found.extend(self._children.get(member, ()))
        return found


def _parent(process: Path) -> int | None:
    """None for one that is gone, or a zombie."""
    try:
        stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)


def memory(pids: Iterable[int]) -> Memory:
    """The sum; a process that is gone or not ours to look into counts nothing."""
    total = Memory()
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        except OSError:
            continue
        total += parse_memory(rollup)
    return total


def parse_memory(rollup: str) -> Memory:
    figures = {}
    for line in rollup.splitlines()[1:]:
        name, value = line.split(":", 1)
        figures[name] = int(value.split()[0]) / 1024
    return Memory(figures["Pss"], figures["Rss"])

"""What each part costs: processor time between two readings, and the most memory seen."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from benchmarks.proc import CpuTimes, Families, Memory, cpu_times, machine_cpu_ms, memory

EVERYTHING_ELSE = "everything else on the machine"
_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """A process, its descendants, or both, under one name."""

    name: str
    pid: int
    which: Literal["all", "head", "children"] = "all"

    def cpu_ms(self, families: Families) -> float:
        """What ended children used is their parent's to report: it counts with the children."""
        head = cpu_times(self.pid)
        if self.which == "head":
            return head.own_ms
        children = head.reaped_ms + sum(map(_whole, families.descendants(self.pid)))
        return children if self.which == "children" else head.own_ms + children

    def memory(self, families: Families) -> Memory:
        head = [] if self.which == "children" else [self.pid]
        return memory(head + ([] if self.which == "head" else families.descendants(self.pid)))


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu_ms_per_image` is None where no picture was analyzed."""

    name: str
    cpu_ms_per_image: float | None
    core_percent: float
    memory: Memory


@dataclass(frozen=True, slots=True)
class _Reading:
    moment_s: float
    parts_ms: tuple[float, ...]
    machine_ms: float

    @property
    def all_ms(self) -> tuple[float, ...]:
        return (*self.parts_ms, self.machine_ms - sum(self.parts_ms))


class Meter:
    """Memory is looked at once a second, and processor time where the window begins and ends."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._began = self._ended = _Reading(0.0, (), 0.0)
        self._memory = [Memory() for _ in parts]
        self._stopping = threading.Event()

    def begin(self) -> None:
        self._began = self._reading()

    def end(self) -> None:
        self._ended = self._reading()

    @contextmanager
    def watching_memory(self) -> Iterator[None]:
        watcher = threading.Thread(target=self._watch, name="memory-watcher", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._stopping.set()
            watcher.join()

    def costs(self, images: int | None) -> tuple[Cost, ...]:
        """After `begin` and `end`: each part with the most memory that was seen of it, and last
        the time of the machine that none of them used."""
        seconds = self._ended.moment_s - self._began.moment_s
        both = zip(self._began.all_ms, self._ended.all_ms, strict=True)
        used = [after - before for before, after in both]
        names = [*(part.name for part in self._parts), EVERYTHING_ELSE]
        return tuple(
            Cost(
                name=name,
                cpu_ms_per_image=round(ms / images, 3) if images else None,
                core_percent=round(ms / seconds / 10, 2),
                memory=Memory(round(most.pss_mb, 1), round(most.rss_mb, 1)),
            )
            for name, ms, most in zip(names, used, [*self._memory, Memory()], strict=True)
        )

    def _reading(self) -> _Reading:
        families = Families()
        parts = tuple(part.cpu_ms(families) for part in self._parts)
        return _Reading(time.perf_counter(), parts, machine_cpu_ms())

    def _watch(self) -> None:
        while True:
            families = Families()
            self._memory = [
                most.largest(part.memory(families))
                for part, most in zip(self._parts, self._memory, strict=True)
            ]
            if self._stopping.wait(_EVERY_S):
                return


def measure_idle(parts: Sequence[Part], seconds: float) -> tuple[Cost, ...]:
    """Nothing is asked of them meanwhile."""
    meter = Meter(parts)
    with meter.watching_memory():
        meter.begin()
        time.sleep(seconds)
        meter.end()
    return meter.costs(None)


def _whole(pid: int) -> float:
    times: CpuTimes = cpu_times(pid)
    return times.own_ms + times.reaped_ms

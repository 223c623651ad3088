"""What a change of processes did to the rate, from the moments of the results."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.grid import Grid
from benchmarks.hardware import Hardware
from benchmarks.scale_out_backlog import Told

_COLUMNS = (
    "step", "processes", "partitions held", "results/s", "to one process", "results of a partition",
    "longest silence at the change s", "until spread s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Moments in seconds since the epoch: the change began, the window began and ended. `held` is
    how many partitions each process had at the end."""

    processes: int
    held: tuple[int, ...]
    changed: float
    began: float
    ended: float

    def rate(self, told: Sequence[Told]) -> float:
        return len(self._within(told)) / (self.ended - self.began)

    def of_partitions(self, told: Sequence[Told]) -> tuple[int, ...]:
        """Results of each partition within the window, most first."""
        counts = Counter(one.partition for one in self._within(told))
        return tuple(count for _, count in counts.most_common())

    def silence_s(self, told: Sequence[Told]) -> float:
        """The longest time without any result from the change until the window ended."""
        moments = [one.at for one in told if self.changed <= one.at < self.ended]
        return max((later - before for before, later in pairwise(moments)), default=0.0)

    def _within(self, told: Sequence[Told]) -> list[Told]:
        return [one for one in told if self.began <= one.at < self.ended]


def to_markdown(steps: Sequence[Step], told: Sequence[Told], machine: Hardware) -> str:
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    said = (
        f"* {machine.cpu}, {machine.cores} cores, {machine.memory_mb} MB, Linux {machine.kernel}",
        f"* load average at the end {load}; the servers run on the same cores",
        f"* {len(told)} results, in the order of the steps",
    )
    grid = Grid("Steps", _COLUMNS, tuple(_rows(steps, told)))
    head = f"# Scale-out of a sleeping detector at {machine.commit}"
    return "\n\n".join([head, "\n".join(said), grid.to_markdown()]) + "\n"


def _rows(steps: Sequence[Step], told: Sequence[Told]) -> list[tuple[str, ...]]:
    """The ratio is to the last step of one process before."""
    rows: list[tuple[str, ...]] = []
    of_one = 0.0
    for number, step in enumerate(steps, start=1):
        rate = step.rate(told)
        of_one = rate if step.processes == 1 else of_one
        rows.append(
            (
                str(number), str(step.processes), "+".join(map(str, step.held)), f"{rate:.1f}",
                f"{rate / of_one:.2f}" if of_one else "-",
                ", ".join(map(str, step.of_partitions(told))),
                f"{step.silence_s(told):.1f}", f"{step.began - step.changed:.1f}",
            )
        )  # fmt: skip
    return rows

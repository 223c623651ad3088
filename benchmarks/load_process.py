"""Running the generator beside the servers, and reading their costs over its measured window."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO

from benchmarks.checkout import ROOT
from benchmarks.load_figures import LoadOrder, LoadSeen
from benchmarks.meter import EVERYTHING_ELSE, Cost, Meter, Part

_GRACE_S = 150.0


class LoadFailedError(Exception):
    """The generator did not say what it should; the text is what it said last."""


@dataclass(frozen=True, slots=True)
class LoadRun:
    """One load on one server: what the clients saw and what each part cost.

    `overhead` is what the generator and this process used, and everything else on the machine.
    """

    clients: int
    seen: LoadSeen
    costs: tuple[Cost, ...]
    overhead: tuple[Cost, ...]

    @property
    def servers_ms_per_image(self) -> float:
        """What answering costs, the measuring of it left out."""
        return sum(cost.cpu_ms_per_image or 0.0 for cost in self.costs)

    @property
    def measured_ms_per_image(self) -> float:
        """The same with the generator and the measuring."""
        return self.servers_ms_per_image + sum(
            cost.cpu_ms_per_image or 0.0 for cost in self.overhead if cost.name != EVERYTHING_ELSE
        )

    @property
    def others_core_percent(self) -> float:
        """What programs that have nothing to do with this used meanwhile."""
        return sum(cost.core_percent for cost in self.overhead if cost.name == EVERYTHING_ELSE)

    def affordable_per_s(self, cores: int) -> float | None:
        """Images per second that the cores could pay for, had they nothing else to do. None when
        no picture was taken."""
        spent = self.measured_ms_per_image
        return cores * 1000 / spent if spent else None


def run_load(order: LoadOrder, parts: Sequence[Part]) -> LoadRun:
    """The generator and this process are parts too: they share the cores with what is measured."""
    with _generator(order) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        own = Part("measuring", os.getpid(), which="head")
        meter = Meter([*parts, Part("load generator", process.pid), own])
        process.stdin.write(json.dumps(asdict(order)) + "\n")
        process.stdin.close()
        with meter.watching_memory():
            _expect("measure", process.stdout)
            meter.begin()
            _expect("end", process.stdout)
            meter.end()
            seen = _read_seen(process.stdout)
    costs = meter.costs(seen.taken)
    return LoadRun(order.clients, seen, costs[: len(parts)], costs[len(parts) :])


@contextmanager
def _generator(order: LoadOrder) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    at_last = threading.Timer(order.warm_up_s + order.seconds + _GRACE_S, process.kill)
    at_last.start()
    try:
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
    finally:
        at_last.cancel()


def _expect(word: str, output: IO[str]) -> None:
    line = output.readline().strip()
    if line != word:
        raise LoadFailedError(f"the load generator said {line[:200]!r} instead of {word!r}")


def _read_seen(output: IO[str]) -> LoadSeen:
    line = output.readline()
    if not line:
        raise LoadFailedError("the load generator ended without a result")
    return LoadSeen.from_json(json.loads(line))

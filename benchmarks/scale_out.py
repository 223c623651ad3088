"""`python -m benchmarks.scale_out [--report FILE]`: 1, 2 and 4 detector processes on one backlog.

The detector sleeps, so that what is measured is how partitions spread work over processes, and
not how many cores there are. Rates come from the timestamps of `image-analyzed` on the log.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.checkout import ROOT
from benchmarks.deployment import set_up, settings_of
from benchmarks.hardware import this_machine
from benchmarks.http_probe import answers_ok
from benchmarks.scale_out_backlog import fill, outcomes
from benchmarks.scale_out_report import Step, to_markdown
from tests.support.services.ports import free_ports
from tests.support.services.processes import Command, ServerProcess
from tests.support.services.stack import Stack

PROCESSES: Final = (1, 2, 4)
ROUNDS: Final = 2
DELAY_S: Final = 0.2
PREFETCH: Final = 4
WINDOW_S: Final = 12.0
_SETTLE_S: Final = 2.0
_READY_S: Final = 60.0
_PARTITIONS: Final = 4
_BACKLOG: Final = 5000
_HELD: Final = re.compile(r"^analyzer_assigned_partitions\{[^}]*\} (\d+)", re.MULTILINE)


@dataclass(slots=True)
class _Workers:
    """Grows and shrinks, the newest first."""

    settings: dict[str, str]
    folder: Path
    running: list[tuple[ServerProcess, int]] = field(default_factory=list)
    started: int = 0

    def become(self, count: int) -> None:
        while len(self.running) > count:
            process, _ = self.running.pop()
            process.stop(timeout_s=30)
        while len(self.running) < count:
            self.running.append(self._start())
        for process, port in self.running:
            process.wait_until(partial(answers_ok, port, "/ready"), timeout_s=_READY_S)

    def held(self) -> tuple[int, ...]:
        return tuple(_held(port) for _, port in self.running)

    def _start(self) -> tuple[ServerProcess, int]:
        (port,) = free_ports(1)
        self.started += 1
        own = {"ANALYZER_WORKER__HEALTH_PORT": str(port)}
        argv = (sys.executable, "-m", "benchmarks.sleeping_worker", str(DELAY_S))
        command = Command(argv, ROOT, self.settings | own)
        return ServerProcess(command, self.folder / f"detect-{self.started}.log"), port


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.scale_out", description=__doc__)
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the table there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="analyzer-scale-out-") as name, ExitStack() as stack:
        folder = Path(name)
        servers = stack.enter_context(Stack.start(folder / "services"))
        settings = _settings(servers)
        set_up(settings)
        asyncio.run(fill(settings, _BACKLOG))
        workers = _Workers(settings, folder)
        stack.callback(workers.become, 0)
        steps = [_step(workers, count) for _ in range(ROUNDS) for count in PROCESSES]
        told = asyncio.run(outcomes(servers.kafka_bootstrap_servers))
    text = to_markdown(steps, told, this_machine())
    print(text, flush=True)
    if options.report is not None:
        options.report.write_text(text, encoding="utf-8")
    return 0


def _step(workers: _Workers, count: int) -> Step:
    changed = time.time()
    workers.become(count)
    _until_spread(workers)
    time.sleep(_SETTLE_S)
    began = time.time()
    time.sleep(WINDOW_S)
    return Step(count, workers.held(), changed, began, time.time())


def _until_spread(workers: _Workers) -> None:
    """Every partition is held by one, and every process has some."""
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        held = workers.held()
        if sum(held) == _PARTITIONS and min(held) > 0:
            return
        time.sleep(0.1)
    raise TimeoutError(f"partitions are held as {workers.held()} after {_READY_S:g} s")


def _held(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        found = _HELD.search(answer.read().decode())
    return int(found[1]) if found else 0


def _settings(servers: Stack) -> dict[str, str]:
    return {
        **settings_of(servers),
        "ANALYZER_KAFKA__PARTITIONS": str(_PARTITIONS),
        "ANALYZER_WORKER__PREFETCH": str(PREFETCH),
    }


if __name__ == "__main__":
    raise SystemExit(main())

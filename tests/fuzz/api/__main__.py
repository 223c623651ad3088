"""`./dev.sh fuzz-api [--minutes M] [--seed N]`: the product on real servers, asked by schemathesis
as nobody and as every role, by key and as a person.

Exit code 1 when anything was answered 5xx, not at all, or not as the document says; the report has
each with its request.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hardware import this_machine
from tests.fuzz.api.campaign import ask
from tests.fuzz.api.effort import Effort
from tests.fuzz.api.manners import Manners
from tests.fuzz.api.people import Hired, hire
from tests.fuzz.api.report import Run, to_markdown
from tests.fuzz.api.rig import running
from tests.fuzz.api.tally import Tally
from tests.fuzz.pictures import seeds

_LONGEST_TURN_S = 600
"""An access token lives for 15 minutes."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parsed(arguments)
    os.environ.setdefault("NO_COLOR", "1")
    manners, tally, began = Manners(seeds()), Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as rig:
        ends, rounds, callers = time.monotonic() + options.minutes * 60, 0, list[Hired]()
        while time.monotonic() < ends:
            callers = hire(rig.base_url, rig.mint_key)
            turn_s = min(_LONGEST_TURN_S, int((ends - time.monotonic()) / len(callers)) + 1)
            effort = Effort(options.seed + rounds, options.examples, turn_s)
            for hired in callers:
                manners.spare(hired.own)
                ask(hired.caller, rig.base_url, effort, tally, tell=_say)
            rounds += 1
    names = tuple(hired.caller.name for hired in callers)
    run = Run(effort, names, rounds, time.monotonic() - began)
    report = to_markdown(tally, run, this_machine())
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(report, encoding="utf-8")
    _say(f"{tally.requests} requests, {len(tally.findings)} kinds of findings: {options.report}")
    return 1 if tally.findings else 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The HTTP API asked by its own document.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, default=50, help="of each kind for each route")
    parser.add_argument("--report", type=Path, default=Path("var/fuzz/api.md"))
    return parser.parse_args(arguments)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())

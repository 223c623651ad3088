"""`python -m tests.rehearsals [R1 R2 …]`: rehearse under load, print and keep a report."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hardware import this_machine
from tests.faults.report import to_line, to_markdown
from tests.faults.run import Pace, Verdict
from tests.rehearsals.catalog import REHEARSALS, Plan
from tests.rehearsals.versions import NoSuchVersionError
from tests.support.report_command import options_of, say
from tests.support.services.programs import NotInstalledError

_REPORTS = Path(__file__).parents[1] / "faults" / "reports"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all passed, 1 some did not, 2 wrong arguments, 3 something is missing."""
    options = _options(arguments)
    plan = Plan(
        Pace(rate=options.rate, warm=options.warm, seed=options.seed),
        options.folder or Path(tempfile.mkdtemp(prefix="rehearsals-")),
        revision=options.revision, python=options.python,
    )  # fmt: skip
    say(f"logs and ledgers in {plan.folder}")
    verdicts: list[Verdict] = []
    loads = [os.getloadavg()[0]]
    try:
        for number in options.rehearsals or REHEARSALS:
            rehearse = REHEARSALS[number]
            verdicts.append(asyncio.run(rehearse(plan)))
            loads.append(os.getloadavg()[0])
            say(to_line(verdicts[-1]))
    except (NotInstalledError, NoSuchVersionError) as error:
        say(str(error))
        return 3
    except KeyboardInterrupt:
        say("interrupted; everything that was started is stopped")
    load = f"load average {min(loads):.1f} to {max(loads):.1f}, looked at before and after each"
    say(load)
    if options.report is not None and verdicts:
        options.report.write_text(
            to_markdown(verdicts, this_machine(), plan.pace, what="Rehearsals", remarks=(load,)),
            encoding="utf-8",
        )
        say(f"report: {options.report}")
    wanted = len(options.rehearsals or REHEARSALS)
    return 0 if len(verdicts) == wanted and all(one.passed for one in verdicts) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev.sh rehearse", description="Lose brokers and roll versions, under load."
    )
    known = ", ".join(REHEARSALS)
    parser.add_argument("rehearsals", nargs="*", metavar="REHEARSAL", help=f"of {known}")
    parser.add_argument(
        "--from", dest="revision", metavar="REVISION", help="upgrade from it (before 0004)"
    )
    parser.add_argument("--python", default=sys.executable, help="that runs it (this one)")
    parser.add_argument("--seed", type=int, default=1, help="who sends what; repeats a run")
    parser.add_argument("--rate", type=float, default=6.0, help="operations a second (6)")
    parser.add_argument("--warm", type=int, default=30, help="finished requests before it (30)")
    return options_of(
        parser,
        arguments,
        names="rehearsals",
        known=REHEARSALS,
        reports=_REPORTS,
        suffix="-rehearsals",
    )


if __name__ == "__main__":
    raise SystemExit(main())

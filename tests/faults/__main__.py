"""`python -m tests.faults [F01 F02 …]`: run faults on real services, print and keep a report."""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hardware import this_machine
from tests.faults.catalog import FAULTS
from tests.faults.fault import Fault
from tests.faults.report import to_line, to_markdown
from tests.faults.rig import running_rig
from tests.faults.run import PHASES, Pace, Verdict, run_fault
from tests.support.report_command import options_of, say
from tests.support.services.programs import NotInstalledError

_REPORTS = Path(__file__).parent / "reports"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all passed, 1 some did not, 2 wrong arguments, 3 not installed."""
    options = _options(arguments)
    chosen = [FAULTS[number] for number in options.faults or FAULTS]
    pace = Pace(rate=options.rate, warm=options.warm, phase=options.phase, seed=options.seed)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="faults-"))
    say(f"logs and ledgers in {folder}")
    verdicts: list[Verdict] = []
    try:
        asyncio.run(_run_all(chosen, pace, folder, verdicts))
    except NotInstalledError as error:
        say(str(error))
        return 3
    except KeyboardInterrupt:
        say("interrupted; everything that was started is stopped")
    if options.report is not None and verdicts:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(to_markdown(verdicts, this_machine(), pace), encoding="utf-8")
        say(f"report: {options.report}")
    return 0 if len(verdicts) == len(chosen) and all(one.passed for one in verdicts) else 1


async def _run_all(
    faults: Sequence[Fault], pace: Pace, folder: Path, verdicts: list[Verdict]
) -> None:
    """One rig for all, so that each fault also follows the ones before it; a new one after a
    failure, so that no verdict is owed to an earlier one."""
    left = list(faults)
    rig_number = 0
    while left:
        rig_number += 1
        async with running_rig(folder / f"rig-{rig_number}", {}) as rig:
            while left:
                verdict = await run_fault(left.pop(0), rig, pace, folder)
                verdicts.append(verdict)
                say(to_line(verdict))
                if not verdict.passed:
                    break


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev.sh faults", description="Break what the product leans on, under load."
    )
    known = ", ".join(FAULTS)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"all without any; of {known}")
    parser.add_argument("--seed", type=int, default=1, help="who sends what; repeats a run")
    parser.add_argument("--rate", type=float, default=15.0, help="operations a second (15)")
    parser.add_argument("--warm", type=int, default=200, help="finished requests before it (200)")
    parser.add_argument("--phase", choices=PHASES, default="steady", help="the load meanwhile")
    return options_of(parser, arguments, names="faults", known=FAULTS, reports=_REPORTS)


if __name__ == "__main__":
    raise SystemExit(main())

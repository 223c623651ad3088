"""`python -m tests.alerts [ALERT …]`: fire alerts by real faults, print and keep a report."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.hardware import this_machine
from tests.alerts.report import to_line, to_markdown
from tests.alerts.run import Verdict, run
from tests.alerts.table import NOT_INJECTED, ORDER
from tests.support.services.programs import NotInstalledError

_REPORTS = Path(__file__).parent / "reports"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all fired and cleared, 1 some did not, 2 wrong arguments, 3 not installed,
    130 interrupted."""
    options = _options(arguments)
    order = ORDER.of(options.alerts) if options.alerts else ORDER
    folder = options.folder or Path(tempfile.mkdtemp(prefix="alerts-"))
    _say(f"logs in {folder}")
    verdicts: list[Verdict] = []

    def note(verdict: Verdict) -> None:
        verdicts.append(verdict)
        _say(to_line(verdict))

    try:
        asyncio.run(run(order, folder, note))
    except NotInstalledError as error:
        _say(str(error))
        return 3
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is stopped")
        return 130
    if options.report is not None:
        text = to_markdown(verdicts, this_machine(), os.getloadavg(), NOT_INJECTED)
        options.report.write_text(text, encoding="utf-8")
        _say(f"report: {options.report}")
    return 0 if all(one.passed for one in verdicts) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.alerts",
        description="Break the running product so that its alerts fire, and heal it.",
    )
    known = sorted({one.name for fault in ORDER for one in fault.alerts})
    parser.add_argument("alerts", nargs="*", metavar="ALERT", help="all without any")
    parser.add_argument("--folder", type=Path, help="for logs and data; a new one below /tmp")
    name = f"{datetime.now(UTC):%Y-%m-%d}.md"
    parser.add_argument(
        "--report", type=Path, nargs="?", const=_REPORTS / name, help="write it, here or there"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.alerts) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return options


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())

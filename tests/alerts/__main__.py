"""`python -m tests.alerts [ALERT …]`: fire alerts by real faults, print and keep a report."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hardware import this_machine
from tests.alerts.report import to_line, to_markdown
from tests.alerts.run import Verdict, run
from tests.alerts.table import NOT_INJECTED, ORDER
from tests.support.report_command import options_of, say
from tests.support.services.programs import NotInstalledError

_REPORTS = Path(__file__).parent / "reports"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all fired and cleared, 1 some did not, 2 wrong arguments, 3 not installed,
    130 interrupted."""
    options = _options(arguments)
    order = ORDER.of(options.alerts) if options.alerts else ORDER
    folder = options.folder or Path(tempfile.mkdtemp(prefix="alerts-"))
    say(f"logs in {folder}")
    verdicts: list[Verdict] = []

    def note(verdict: Verdict) -> None:
        verdicts.append(verdict)
        say(to_line(verdict))

    try:
        asyncio.run(run(order, folder, note))
    except NotInstalledError as error:
        say(str(error))
        return 3
    except KeyboardInterrupt:
        say("interrupted; everything that was started is stopped")
        return 130
    if options.report is not None:
        text = to_markdown(verdicts, this_machine(), os.getloadavg(), NOT_INJECTED)
        options.report.write_text(text, encoding="utf-8")
        say(f"report: {options.report}")
    return 0 if all(one.passed for one in verdicts) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.alerts",
        description="Break the running product so that its alerts fire, and heal it.",
    )
    known = sorted({one.name for fault in ORDER for one in fault.alerts})
    parser.add_argument("alerts", nargs="*", metavar="ALERT", help="all without any")
    return options_of(parser, arguments, names="alerts", known=known, reports=_REPORTS)


if __name__ == "__main__":
    raise SystemExit(main())

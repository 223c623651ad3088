"""`python -m benchmarks`: measure, print the tables, write the files asked for."""

import os
import signal
import sys
from pathlib import Path

from benchmarks.hardware import this_machine
from benchmarks.load_process import LoadFailedError
from benchmarks.pictures import NoPicturesError
from benchmarks.plan import read_plan
from benchmarks.report import to_json, to_markdown, to_text
from benchmarks.rounds import measure
from tests.support.services.processes import NotReadyError
from tests.support.services.programs import NotInstalledError


def main() -> int:
    """The exit code: 0 measured, 1 something did not start or answer, 130 interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    plan = read_plan(sys.argv[1:], os.environ)
    for note in plan.notes:
        _say(note)
    try:
        rounds = measure(plan, _say)
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is stopped")
        return 130
    except (LoadFailedError, NoPicturesError, NotInstalledError, NotReadyError) as error:
        _say(str(error))
        return 1
    machine = this_machine()
    print(to_text(plan, machine, rounds), flush=True)
    _write(plan.json_file, to_json(plan, machine, rounds))
    _write(plan.report_file, to_markdown(plan, machine, rounds))
    return 0


def _say(line: str) -> None:
    print(f"benchmarks: {line}", file=sys.stderr, flush=True)


def _write(file: Path | None, text: str) -> None:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())

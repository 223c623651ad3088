"""`image-analyzer check`: what would keep a process from starting, without starting it."""

import os
import time
from typing import TYPE_CHECKING, Final

import click

from cli.command_style import Command
from cli.exit_codes import DependencyError

if TYPE_CHECKING:
    from cli.start_checks import Check, Finding

_PAUSE_S: Final = 2.0
_FOR: Final = ("api", "io", "detect")


@click.command("check", cls=Command)
@click.option(
    "--for",
    "process",
    type=click.Choice(_FOR),
    help="What this process needs, with the rights of its user. Without it: all servers, and "
    "every topic as the catalog has it, which takes the rights of the operator.",
)
@click.option(
    "--wait",
    "wait_s",
    metavar="<float>",
    type=click.FloatRange(0, 3600),
    default=0.0,
    show_default=True,
    help="Ask again for so many seconds while anything is not as it must be.",
)
def check(*, process: str | None, wait_s: float) -> None:
    """Say of the settings, and of each server that they name, whether a process could start. It
    changes nothing. Exit code 2 for wrong settings, 3 when anything else would keep it from
    starting."""
    from cli.check_plan import checks_for  # noqa: PLC0415 - keeps --help fast
    from telemetry.logs import configure_command_logs  # noqa: PLC0415 - as above

    checks = checks_for(process, os.environ)
    configure_command_logs()
    print("settings  ok")
    until = time.monotonic() + wait_s
    findings = _ask(checks)
    while _problems(findings) and time.monotonic() < until:
        time.sleep(_PAUSE_S)
        findings = _ask(checks)
    for finding in findings:
        print(f"{finding.name:<9} {finding.verdict}")
    if problems := _problems(findings):
        raise DependencyError("\n".join(problems))


def _ask(checks: "dict[str, Check]") -> "list[Finding]":
    import asyncio  # noqa: PLC0415 - keeps --help fast

    from cli.start_checks import find_out  # noqa: PLC0415 - as above

    return asyncio.run(find_out(checks))


def _problems(findings: "list[Finding]") -> list[str]:
    return [line for finding in findings for line in finding.lines]

"""A process that is set up wrongly says so and ends before it has taken any work."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from cli.exit_codes import CommandError, DependencyError
from cli.start_checks import Check, Finding, Verdict, find_out
from telemetry.logs import get_logger

_log = get_logger(__name__)
_WITHIN_S: Final = 5.0


@contextmanager
def refusals_logged() -> Iterator[None]:
    """What ends a process before it has begun is an event of its log too, one for each line."""
    try:
        yield
    except CommandError as error:
        for line in str(error).splitlines():
            _log.error("start_refused", problem=line, exit_code=int(error.exit_code))
        raise


def start_or_refuse(checks: Mapping[str, Check], *, essential: Collection[str]) -> None:
    """Returns when a start makes sense, after five seconds at most: what is down may come back, and
    whoever starts holds or says that it is not ready. Raises DependencyError, with a line for each
    thing that somebody must correct."""
    findings = asyncio.run(find_out(checks, within_s=_WITHIN_S))
    refused = [finding for finding in findings if _is_refused(finding, essential)]
    if refused:
        raise DependencyError("\n".join(line for finding in refused for line in finding.lines))
    for finding in findings:
        if finding.verdict is not Verdict.OK:
            _log.warning("down_at_start", dependency=finding.name, problem="; ".join(finding.lines))


def _is_refused(finding: Finding, essential: Collection[str]) -> bool:
    """A host that no name server knows may be one that is down: whoever can do without starts."""
    if finding.verdict is Verdict.UNKNOWN:
        return finding.name in essential
    return finding.verdict is Verdict.WRONG

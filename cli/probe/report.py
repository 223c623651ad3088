"""A round as people, programs and exit codes have it."""

import json
from collections.abc import Sequence

from cli.dlq_view import plain
from cli.exit_codes import ExitCode
from cli.probe.finding import Finding, Verdict


def text_of(findings: Sequence[Finding]) -> str:
    """One line a door: how it is, how long it took, in which trace, and what is wrong."""
    return "\n".join(
        f"{one.door:<8}{one.verdict:<13}{one.took_s:7.3f} s  trace {one.trace_id}  "
        f"{plain(one.said)}".rstrip()
        for one in findings
    )


def json_of(findings: Sequence[Finding]) -> str:
    """The same as one line."""
    return json.dumps(
        {
            "is_right": code_of(findings) is ExitCode.DONE,
            "doors": [
                {
                    "door": one.door,
                    "verdict": one.verdict,
                    "seconds": round(one.took_s, 3),
                    "trace_id": one.trace_id,
                    "request_id": None if one.request_id is None else str(one.request_id),
                    "said": one.said,
                }
                for one in findings
            ],
        }
    )


def code_of(findings: Sequence[Finding]) -> ExitCode:
    """DEPENDENCY when nothing could be reached at all, FAILED for any door that is not right."""
    verdicts = {one.verdict for one in findings}
    if verdicts == {Verdict.RIGHT}:
        return ExitCode.DONE
    return ExitCode.DEPENDENCY if verdicts == {Verdict.UNREACHABLE} else ExitCode.FAILED

"""A tally as Markdown to keep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.hardware import Hardware
from tests.fuzz.api.effort import Effort
from tests.fuzz.api.tally import Finding, Tally

_LIBRARIES = ("schemathesis", "hypothesis", "fastapi", "starlette", "uvicorn")


@dataclass(frozen=True, slots=True)
class Run:
    effort: Effort
    callers: tuple[str, ...]
    rounds: int
    took_s: float


def to_markdown(tally: Tally, run: Run, machine: Hardware) -> str:
    """Statuses by caller, statuses by route, checks, and every finding with its request."""
    findings = list(tally.findings.values())
    lines = [
        f"# The API asked by its own document, at {machine.commit}",
        "",
        *_head(tally, run, machine),
        "",
        "## Callers and statuses",
        "",
        *_table("caller", run.callers, tally, lambda caller, route: caller),
        "",
        "## Routes and statuses",
        "",
        *_table("route", _routes(tally), tally, lambda caller, route: route),
        "",
        "## Checks",
        "",
        "| check | made | kinds of findings |",
        "| --- | --- | --- |",
        *(_row([name, made, _of(findings, name)]) for name, made in sorted(tally.checks.items())),
    ]
    for finding in findings:
        lines += ["", *_told(finding, tally.repeats[finding.kind])]
    return "\n".join(lines) + "\n"


def _head(tally: Tally, run: Run, machine: Hardware) -> list[str]:
    used = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    effort = run.effort
    return [
        f"* {machine.cpu}, {machine.cores} cores, {machine.memory_mb} MB, Linux {machine.kernel}",
        f"* Python {machine.python}, {used}",
        f"* seed {effort.seed}, {effort.examples} examples of each kind for each route",
        f"* at most {effort.seconds} s a caller in each of {run.rounds} rounds; {run.took_s:.0f} s",
        f"* {tally.requests} requests, {tally.checks.total()} checks",
        f"* {_fives(tally)} answers 5xx or none, {len(tally.findings)} kinds of findings",
    ]


def _fives(tally: Tally) -> int:
    return sum(
        count for (_, _, status), count in tally.answers.items() if status == 0 or status >= 500
    )


def _of(findings: Sequence[Finding], check: str) -> int:
    return sum(one.check == check for one in findings)


def _routes(tally: Tally) -> list[str]:
    return sorted({route for _, route, _ in tally.answers}, key=lambda one: one.split(" ")[::-1])


def _table(head: str, names: Iterable[str], tally: Tally, pick: object) -> list[str]:
    assert callable(pick)
    statuses = sorted({status for _, _, status in tally.answers})
    lines = [_row([head, *statuses]), _row(["---"] * (len(statuses) + 1))]
    for name in names:
        counts = [
            sum(
                count
                for (caller, route, found), count in tally.answers.items()
                if found == status and pick(caller, route) == name
            )
            for status in statuses
        ]
        lines.append(_row([name, *(count or "" for count in counts)]))
    return lines


def _told(finding: Finding, times: int) -> list[str]:
    return [
        f"## {finding.check}: {finding.title}",
        "",
        f"{finding.caller}, `{finding.route}`, {times} times.",
        "",
        "```",
        finding.message.replace("```", "'''"),
        "",
        finding.request.replace("```", "'''"),
        "```",
    ]


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"

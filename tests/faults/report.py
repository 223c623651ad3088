"""The verdicts as a table: for the terminal while they come, as Markdown to keep."""

from collections.abc import Sequence

from benchmarks.hardware import Hardware
from tests.faults.run import Pace, Verdict

HEADINGS = (
    "fault", "what", "accepted", "lost", "second outcomes", "repeats on topics", "duplicate rows",
    "client errors", "recovery s", "verdict",
)  # fmt: skip


def to_line(verdict: Verdict) -> str:
    """One line for the terminal, and one more for each violation."""
    cells = dict(zip(HEADINGS, _cells(verdict), strict=True))
    head = f"{cells['verdict']} {cells['fault']} {cells['what']} ({verdict.took_s:.0f} s): "
    figures = ", ".join(f"{name} {cells[name]}" for name in HEADINGS[2:-1])
    below = [*verdict.violations, *verdict.notes]
    return "\n".join([head + figures, *(f"    {one}" for one in below)])


def to_markdown(
    verdicts: Sequence[Verdict],
    machine: Hardware,
    pace: Pace,
    *,
    what: str = "Faults",
    remarks: Sequence[str] = (),
) -> str:
    """The whole report; what it says of earlier failures is written by hand below it."""
    failed = [one for one in verdicts if not one.passed]
    passed = len(verdicts) - len(failed)
    lines = [
        f"# {what} at {machine.commit}",
        "",
        f"* {machine.cpu}, {machine.cores} cores, {machine.memory_mb} MB, Linux {machine.kernel}",
        f"* {pace.rate:g} operations a second, open loop, phase {pace.phase}, seed {pace.seed}",
        f"* each after {pace.warm} finished requests",
        f"* {len(verdicts)} {what.lower()}, {passed} passed, {len(failed)} failed",
        *(f"* {remark}" for remark in remarks),
        "",
        _row(HEADINGS),
        _row(["---"] * len(HEADINGS)),
        *(_row(_cells(one)) for one in verdicts),
        "",
        "| fault | must be observed |",
        "| --- | --- |",
        *(_row([one.fault.number, one.fault.must]) for one in verdicts),
    ]
    if any(one.notes for one in verdicts):
        lines += ["", "## Measured beside it", ""]
        lines += [f"* {one.fault.number}: {note}" for one in verdicts for note in one.notes]
    for verdict in failed:
        lines += ["", f"## {verdict.fault.number} failed", ""]
        lines += [f"* {one}" for one in verdict.violations]
    return "\n".join(lines) + "\n"


def _cells(verdict: Verdict) -> list[str]:
    counts, recovered_s = verdict.counts, verdict.recovered_s
    figures = (
        counts.accepted, counts.lost, counts.second_outcomes, counts.repeats,
        counts.duplicate_rows, counts.client_errors,
    )  # fmt: skip
    recovery = "never" if recovered_s is None else f"{recovered_s:.1f}"
    said = "PASS" if verdict.passed else "FAIL"
    return [verdict.fault.number, verdict.fault.title, *map(str, figures), recovery, said]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

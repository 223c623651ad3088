"""The verdicts as a table: for the terminal while they come, as Markdown to keep."""

from collections.abc import Mapping, Sequence

from benchmarks.hardware import Hardware
from tests.alerts.run import Verdict
from tests.alerts.shortened import FACTOR


def to_line(verdict: Verdict) -> str:
    if not verdict.passed:
        return f"FAIL {verdict.alert}: {verdict.fault}: {verdict.problem}"
    fired, cleared = _cells(verdict)
    return (
        f"PASS {verdict.alert}: {verdict.fault}: fired after {fired} s, cleared after {cleared} s"
    )


def to_markdown(
    verdicts: Sequence[Verdict],
    machine: Hardware,
    load: tuple[float, float, float],
    not_injected: Mapping[str, str],
) -> str:
    passed = sum(one.passed for one in verdicts)
    lines = [
        f"# Alerts fired by faults at {machine.commit}",
        "",
        f"* {machine.cpu}, {machine.cores} cores, {machine.memory_mb} MB, Linux {machine.kernel}",
        f"* load average at the end {load[0]:.1f}, {load[1]:.1f}, {load[2]:.1f}",
        f"* all times of the rules divided by {FACTOR}, as `tests/alerts/shortened.py` says",
        f"* {len(verdicts)} alerts, {passed} fired and cleared, {len(verdicts) - passed} did not",
        "",
        "| alert | fault | fired after s | cleared after s | verdict |",
        "| --- | --- | ---: | ---: | --- |",
        *(_row(one) for one in sorted(verdicts, key=lambda one: one.alert)),
    ]
    lines += [f"\nNot injected: {name}: {why}" for name, why in sorted(not_injected.items())]
    return "\n".join(lines) + "\n"


def _row(verdict: Verdict) -> str:
    fired, cleared = _cells(verdict)
    said = "PASS" if verdict.passed else f"FAIL: {verdict.problem}"
    return f"| {verdict.alert} | {verdict.fault} | {fired} | {cleared} | {said} |"


def _cells(verdict: Verdict) -> tuple[str, str]:
    times = (verdict.fired_s, verdict.cleared_s)
    fired, cleared = ("not" if seconds is None else f"{seconds:.1f}" for seconds in times)
    return fired, cleared

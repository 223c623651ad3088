"""The report names what failed, and hides nothing of it."""

from dataclasses import replace

from benchmarks.hardware import Hardware
from tests.faults.catalog import FAULTS
from tests.faults.evidence import Counts, Violation
from tests.faults.report import HEADINGS, to_line, to_markdown
from tests.faults.run import Pace, Verdict

MACHINE = Hardware(
    cpu="some", cores=2, memory_mb=1, kernel="6", python="3.11", libraries=(), commit="abc"
)


def verdict(*violations: Violation, recovered_s: float | None = 2.34) -> Verdict:
    return Verdict(FAULTS["F01"], Counts(accepted=500, repeats=3), recovered_s, 60.0, violations)


def test_a_pass_is_one_line_with_every_figure() -> None:
    line = to_line(verdict())
    assert line.startswith("PASS F01 broker killed, five times (60 s): accepted 500, lost 0")
    assert all(f"{name} " in line for name in HEADINGS[2:-1])
    assert "\n" not in line


def test_a_failure_says_what_was_violated() -> None:
    line = to_line(verdict(Violation("I1", "gone"), recovered_s=None))
    assert line.startswith("FAIL F01")
    assert "recovery s never" in line
    assert line.endswith("    I1: gone")


def test_every_fault_of_the_list_is_there_and_says_what_it_must_show() -> None:
    wanted = {f"F{n:02}" for n in (*range(1, 11), *range(13, 27), *range(29, 34), *range(35, 39))}
    assert set(FAULTS) == wanted | {"F41"}
    assert all(fault.title and fault.must for fault in FAULTS.values())


def test_what_was_measured_beside_a_row_is_in_both() -> None:
    noted = replace(verdict(), notes=("in step again after 3 s",))
    assert "in step again after 3 s" in to_line(noted)
    text = to_markdown([noted], MACHINE, Pace(), what="Rehearsals", remarks=("load average 2",))
    assert text.startswith("# Rehearsals at abc")
    assert "* load average 2" in text
    assert "* F01: in step again after 3 s" in text

"""At its failpoint the process is gone as after `kill -9`, with what was done before it done."""

import signal
import subprocess
import sys

import pytest
from pydantic import ValidationError

from ingest_api.failpoints import failpoint
from ingest_api.settings import ApiSettings

STEPS = ["object", "row", "announced", "answered 202"]


def accepted(point: str) -> tuple[int, list[str]]:
    """How a process ends that accepts one upload, and how far it came."""
    command = [sys.executable, "-m", "tests.unit.ingest_api.die_at", point]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stdout.splitlines()


@pytest.mark.parametrize(
    ("point", "steps"), [("after_object", 1), ("after_row", 2), ("before_answer", 3)]
)
def test_it_dies_at_the_point_that_was_chosen(point: str, steps: int) -> None:
    assert accepted(point) == (-signal.SIGKILL, STEPS[:steps])


def test_without_one_it_passes_all_of_them() -> None:
    assert accepted("never") == (0, STEPS)
    passed = failpoint(None)
    passed("after_object")
    passed("after_row")
    passed("before_answer")


def test_the_other_points_are_passed() -> None:
    passed = failpoint("before_answer")
    passed("after_object")
    passed("after_row")


def test_there_is_no_other_point() -> None:
    with pytest.raises(ValidationError, match="failpoint"):
        ApiSettings.model_validate({"failpoint": "sometimes"})
    assert ApiSettings().failpoint is None

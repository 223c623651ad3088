"""What the probe says of a round, and the picture that it sends."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from cli.exit_codes import ExitCode
from cli.probe.finding import Door, Finding, Verdict, WrongAnswerError
from cli.probe.known_picture import known_picture
from cli.probe.report import code_of, json_of, text_of
from tests.unit.cli.test_pictures import result

SAMPLE = Path(__file__).resolve().parents[3] / "samples" / "coffee.jpg"
BOX = (0.1, 0.1, 0.5, 0.5)


def found(door: Door, verdict: Verdict, said: str = "") -> Finding:
    return Finding(door=door, verdict=verdict, took_s=1.23456, trace_id="a" * 32, said=said)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((Verdict.RIGHT, Verdict.RIGHT), ExitCode.DONE),
        ((Verdict.RIGHT, Verdict.WRONG), ExitCode.FAILED),
        ((Verdict.RIGHT, Verdict.LATE), ExitCode.FAILED),
        ((Verdict.RIGHT, Verdict.UNREACHABLE), ExitCode.FAILED),
        ((Verdict.LATE, Verdict.UNREACHABLE), ExitCode.FAILED),
        ((Verdict.UNREACHABLE, Verdict.UNREACHABLE), ExitCode.DEPENDENCY),
    ],
)
def test_an_exit_code_is_the_worst_that_can_be_said(
    verdicts: tuple[Verdict, Verdict], code: ExitCode
) -> None:
    upload, stream = verdicts
    assert code_of([found("upload", upload), found("stream", stream)]) is code


def test_a_round_is_a_line_a_door() -> None:
    findings = [found("upload", Verdict.RIGHT), found("inbox", Verdict.WRONG, "a \x1b[31m colour")]
    upload, inbox = text_of(findings).splitlines()
    assert upload == f"upload  right          1.235 s  trace {'a' * 32}"
    assert inbox.startswith("inbox   wrong ")
    assert inbox.endswith(r"a \x1b[31m colour")


def test_a_round_is_one_document() -> None:
    one = Finding(
        door="url", verdict=Verdict.RIGHT, took_s=2, trace_id="b" * 32, request_id=UUID(int=1)
    )
    document = json.loads(json_of([one]))
    assert document["is_right"] is True
    assert document["doors"] == [
        {
            "door": "url", "verdict": "right", "seconds": 2, "trace_id": "b" * 32,
            "request_id": str(UUID(int=1)), "said": "",
        }
    ]  # fmt: skip


def test_the_picture_is_the_sample_whose_licence_is_known() -> None:
    assert known_picture().content == SAMPLE.read_bytes()


def test_more_may_be_found_than_is_expected_and_nothing_less() -> None:
    picture = known_picture(("cup", "spoon"))
    picture.check(result(("spoon", 0.6, BOX), ("cup", 0.9, BOX), ("bowl", 0.5, BOX)))
    with pytest.raises(WrongAnswerError, match=r"^spoon not found; cup was$"):
        picture.check(result(("cup", 0.9, BOX)))

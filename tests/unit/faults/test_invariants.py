"""Each invariant finds what it is there for, planted into evidence that is otherwise sound."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.client import Refused
from tests.faults.evidence import Allowance, Evidence, Lag, LogRecord, Received, Row
from tests.faults.invariants import count, violations
from tests.faults.ledger import Answered, Operation
from tests.faults.sampler import Sample
from tests.faults.streams import Told
from tests.unit.faults.evidence_of import (
    analyzed,
    good_evidence,
    operation,
    request_id,
    row,
    samples,
)

NOTHING = Allowance()
KAFKA = frozenset({"kafka"})
Plant = Callable[[Evidence], Evidence]


def found(evidence: Evidence, allowance: Allowance = NOTHING) -> set[str]:
    return {one.invariant for one in violations(evidence, allowance)}


def test_a_sound_run_violates_nothing() -> None:
    assert violations(good_evidence(), NOTHING) == []


def _rows(change: Callable[[Row], Row], *, number: int = 3) -> Plant:
    def plant(evidence: Evidence) -> Evidence:
        changed = tuple(
            change(one) if one.request_id == request_id(number) else one for one in evidence.rows
        )
        return replace(evidence, rows=changed, later_rows=changed)

    return plant


def _more_rows(*more: Row) -> Plant:
    return lambda evidence: replace(
        evidence, rows=(*evidence.rows, *more), later_rows=(*evidence.later_rows, *more)
    )


def _records(*more: LogRecord) -> Plant:
    return lambda evidence: replace(evidence, records=(*evidence.records, *more))


def _received(change: Callable[[Received], Received]) -> Plant:
    return lambda evidence: replace(
        evidence, received=(change(evidence.received[0]), *evidence.received[1:])
    )


def _samples(change: Callable[[Sample], Sample]) -> Plant:
    return lambda evidence: replace(
        evidence, samples=tuple(change(one) for one in evidence.samples)
    )


def _without_row(evidence: Evidence) -> Evidence:
    left = tuple(one for one in evidence.rows if one.request_id != request_id(3))
    return replace(evidence, rows=left, later_rows=left)


def _unsettled(evidence: Evidence) -> Evidence:
    never = Operation(operation(9).sent, [Answered(9, 2.0, "info", 0, "")])
    return replace(evidence, operations=(*evidence.operations, never))


def _answered_with_two(evidence: Evidence) -> Evidence:
    first = evidence.operations[0]
    again = Answered(1, 3.0, "ok", 200, request_id(77))
    return replace(
        evidence,
        operations=(Operation(first.sent, [*first.answers, again]), *evidence.operations[1:]),
    )


def _later(evidence: Evidence) -> Evidence:
    changed = replace(evidence.rows[0], digest="another")
    return replace(evidence, later_rows=(changed, *evidence.later_rows[1:]))


def _earlier(evidence: Evidence) -> Evidence:
    return replace(evidence, earlier_rows=(replace(evidence.rows[0], digest="another"),))


_LETTER = replace(analyzed(1), topic="image-analyzed-dlq")
_FAILED = replace(
    analyzed(1), topic="analysis-failed", ce_type="io.imageanalyzer.analysis-failed.v1"
)

PLANTS: dict[str, tuple[str, Plant]] = {
    "accepted and gone": ("I1", _without_row),
    "accepted and never final": ("I1", _rows(lambda one: replace(one, state="accepted"))),
    "failed for no reason": (
        "I1",
        _rows(lambda one: replace(one, state="failed", failure_code="retries_exhausted")),
    ),
    "open for ever": ("I1", _unsettled),
    "final, but too late": ("I1", lambda evidence: replace(evidence, recovered_s=None)),
    "a row twice": ("I2", _more_rows(row(3))),
    "changed since the fault began": ("I2", _earlier),
    "changed between two looks": ("I2", _later),
    "the result of another picture": ("I2", _rows(lambda one: replace(one, number=4))),
    "completed without what was found": (
        "I2",
        _rows(lambda one: replace(one, number=None)),
    ),
    "a row that nobody sent": ("I3", _more_rows(row(50))),
    "an outcome without a row": ("I3", _records(analyzed(51))),
    "one key, two requests": (
        "I4",
        _more_rows(replace(row(3), request_id=request_id(60), object_key="")),
    ),
    "one key, two answers": ("I4", _answered_with_two),
    "one event, two ids": ("I5", _records(replace(analyzed(1), ce_id="ce-other"))),
    "a repeat that says something else": ("I5", _records(replace(analyzed(1), number=2))),
    "failed although there is a result": (
        "I5",
        _rows(lambda one: replace(one, state="failed", failure_code="cancelled")),
    ),
    "completed, and the log says failed": (
        "I5",
        lambda evidence: replace(evidence, records=(_FAILED, *evidence.records[1:])),
    ),
    "never told": ("I6", _received(lambda one: replace(one, told=one.told[1:]))),
    "told twice": ("I6", _received(lambda one: replace(one, told=(*one.told, one.told[0])))),
    "told the wrong event": (
        "I6",
        _received(
            lambda one: replace(
                one, told=(Told(1, "analysis-failed", one.told[0].request_id), *one.told[1:])
            )
        ),
    ),
    "an id of another tenant": (
        "I7",
        _received(lambda one: replace(one, text=(*one.text, f"...{request_id(1)}..."))),
    ),
    "the name of another tenant": (
        "I7",
        _received(lambda one: replace(one, text=(*one.text, '"tenant_id":"right"'))),
    ),
    "an intruder": ("I8", lambda evidence: replace(evidence, intruders_let_in=1)),
    "an answer that is never right": (
        "I8",
        _received(lambda one: replace(one, wrong=("GET: 500",))),
    ),
    "too much memory": ("I9", _samples(lambda one: replace(one, rss_mb=4000.0))),
    "too many files": ("I9", _samples(lambda one: replace(one, open_files=9000))),
    "sent away without a time": (
        "I9",
        _received(lambda one: replace(one, refused=(Refused(1, 503, has_retry_after=False),))),
    ),
    "unread records": (
        "I10",
        lambda evidence: replace(evidence, lags=(Lag("detector", "image-submitted", 3),)),
    ),
    "a dead letter without a cause": ("I10", _records(_LETTER)),
    "an upload without its object": (
        "I11",
        lambda evidence: replace(evidence, objects=evidence.objects - {row(3).object_key}),
    ),
    "an orphan": (
        "I11",
        lambda evidence: replace(evidence, objects=evidence.objects | {"left/nobody/sha"}),
    ),
    "health that flaps": (
        "I12",
        _samples(lambda one: replace(one, health=500 if one.at % 20 == 0 else 200)),
    ),
    "down for ever": (
        "I12",
        _samples(lambda one: replace(one, told_down=KAFKA if one.at > 100 else frozenset())),
    ),
    "not ready at the end": (
        "I13",
        _samples(lambda one: replace(one, ready=503 if one.at > 155 else 200)),
    ),
    "no longer there": (
        "I13",
        lambda evidence: replace(
            evidence,
            samples=tuple(s for s in evidence.samples if s.process != "api" or s.at < 130),
        ),
    ),
}


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_found(name: str) -> None:
    invariant, plant = PLANTS[name]
    assert invariant in found(plant(good_evidence()))


def test_a_server_that_is_away_has_to_be_shown() -> None:
    allowance = Allowance(shows=KAFKA)
    assert "I12" in found(good_evidence(), allowance)
    assert found(replace(good_evidence(), samples=samples(KAFKA)), allowance) == set()


def test_a_server_that_is_shown_too_late_is_a_violation() -> None:
    late = tuple(
        replace(one, told_down=frozenset()) if one.at < 115 else one for one in samples(KAFKA)
    )
    assert found(replace(good_evidence(), samples=late), Allowance(shows=KAFKA)) == {"I12"}


def test_what_a_fault_explains_is_no_violation() -> None:
    failed = _rows(lambda one: replace(one, state="failed", failure_code="integrity_mismatch"))
    told = _received(lambda one: one)
    evidence = told(failed(good_evidence()))
    explained = Allowance(fails_with=frozenset({"integrity_mismatch"}))
    assert "I1" in found(evidence)
    assert "I1" not in found(evidence, explained)


def test_after_a_gap_the_record_may_be_asked_instead() -> None:
    plant = _received(lambda one: replace(one, told=(), gaps=("other_log",)))
    assert found(plant(good_evidence())) == set()


def test_the_figures_count_what_was_planted() -> None:
    evidence = _records(analyzed(1), analyzed(2))(_more_rows(row(3))(_later(good_evidence())))
    counts = count(evidence)
    assert (counts.accepted, counts.lost, counts.second_outcomes) == (4, 0, 1)
    assert (counts.repeats, counts.duplicate_rows, counts.client_errors) == (2, 1, 0)
    assert count(_without_row(good_evidence())).lost == 1
    assert count(_unsettled(good_evidence())).client_errors == 1


def _replicas(evidence: Evidence) -> Evidence:
    """Its API is the second of two, of which the first is gone by now."""
    second = (
        replace(one, process="api-2") if one.process == "api" else one for one in evidence.samples
    )
    first = (one for one in evidence.samples if one.process == "api" and one.at < 130)
    return replace(evidence, samples=(*second, *first))


def test_a_replica_of_the_api_is_the_api() -> None:
    assert violations(_replicas(good_evidence()), NOTHING) == []
    assert violations(_replicas(PLANTS["down for ever"][1](good_evidence())), NOTHING) != []
    assert violations(_replicas(good_evidence()), Allowance(shows=KAFKA)) != []

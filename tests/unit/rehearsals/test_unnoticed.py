"""An error that one client saw is named, however often a repeat healed it."""

from types import SimpleNamespace
from typing import Any, cast

from tests.faults.ledger import Answered, Operation
from tests.faults.scene import Scene
from tests.rehearsals.catalog import REHEARSALS
from tests.rehearsals.replicas import EACH, EVERY_NAME, KINDS
from tests.rehearsals.unnoticed import no_client_error
from tests.unit.faults.evidence_of import operation


def scene_of(*operations: Operation, unanswered: int = 0) -> Scene[Any]:
    """Only what the check looks at."""
    ledger = SimpleNamespace(operations=operations)
    readers = SimpleNamespace(unanswered=unanswered)
    return cast("Scene[Any]", SimpleNamespace(ledger=ledger, readers=readers))


def complaints(scene: Scene[Any]) -> list[str]:
    return list(no_client_error(scene, cast("Any", None)))


def test_nothing_is_said_of_answers_at_first() -> None:
    assert complaints(scene_of(operation(1), operation(2))) == []


def test_a_refusal_that_a_repeat_healed_is_an_error() -> None:
    healed = operation(1)
    healed.answers.insert(0, Answered(1, 1.0, "info", 503, ""))
    assert complaints(scene_of(healed, operation(2))) == ["1 of 2 posts had errors: [503]"]


def test_no_answer_is_an_error() -> None:
    silent = operation(1)
    silent.answers.clear()
    assert complaints(scene_of(silent)) == ["1 of 1 posts had errors: [0]"]


def test_a_read_without_an_answer_is_one() -> None:
    assert complaints(scene_of(operation(1), unanswered=2)) == ["2 reads had no answer"]


def test_every_rehearsal_is_there_and_every_replica_is_forgiven_its_restart() -> None:
    assert list(REHEARSALS) == ["R1", "R2", "R3", "R4", "R5"]
    replaced_twice = {f"{kind}-{number}" for kind in KINDS for number in range(1, 3 * EACH + 1)}
    assert replaced_twice <= EVERY_NAME

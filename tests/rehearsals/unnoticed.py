"""What clients may see of an operation that they are not to notice: nothing."""

from collections.abc import Iterable
from typing import Any

from tests.faults.evidence import Evidence
from tests.faults.scene import Scene


def no_client_error(scene: Scene[Any], evidence: Evidence) -> Iterable[str]:
    """Every first attempt was accepted, every read answered."""
    del evidence
    first = [one.answers[0].status if one.answers else 0 for one in scene.ledger.operations]
    errors = [status for status in first if status not in {200, 202}]
    if errors:
        yield f"{len(errors)} of {len(first)} posts had errors: {sorted(set(errors))}"
    if scene.readers.unanswered:
        yield f"{scene.readers.unanswered} reads had no answer"

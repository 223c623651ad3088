"""All invariants over the evidence of a run. Each can fail: unit tests plant what they look for."""

from collections.abc import Callable, Iterator

from tests.faults.evidence import Allowance, Counts, Evidence, Violation
from tests.faults.invariants_health import bounded, comes_back_alone, visible
from tests.faults.invariants_log import (
    one_id_per_event,
    poison_affects_itself,
    repeats,
    streams_tell_the_record,
)
from tests.faults.invariants_record import (
    all_accepted_end,
    changed_ids,
    duplicate_rows,
    lost_ids,
    no_orphans,
    no_phantoms,
    one_request_per_key,
    one_row_each,
)
from tests.faults.invariants_tenants import nobody_gets_in, nothing_crosses_tenants
from tests.faults.ledger import Answered

INVARIANTS: tuple[Callable[[Evidence, Allowance], Iterator[Violation]], ...] = (
    all_accepted_end,
    one_row_each,
    no_phantoms,
    one_request_per_key,
    one_id_per_event,
    streams_tell_the_record,
    nothing_crosses_tenants,
    nobody_gets_in,
    bounded,
    poison_affects_itself,
    no_orphans,
    visible,
    comes_back_alone,
)


def violations(evidence: Evidence, allowance: Allowance) -> list[Violation]:
    """Empty when every invariant holds."""
    return [one for check in INVARIANTS for one in check(evidence, allowance)]


def count(evidence: Evidence) -> Counts:
    """The figures for the report."""
    return Counts(
        accepted=sum(one.outcome == "ok" for one in evidence.operations),
        lost=len(lost_ids(evidence)),
        second_outcomes=len(changed_ids(evidence)),
        repeats=repeats(evidence),
        duplicate_rows=duplicate_rows(evidence),
        client_errors=sum(_failed_at_first(one.answers) for one in evidence.operations),
    )


def _failed_at_first(answers: list[Answered]) -> bool:
    return not answers or answers[0].outcome != "ok"

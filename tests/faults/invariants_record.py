"""What the record must say: I1 to I4 and I11 of the reliability page."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.faults.evidence import OUTCOME_TOPICS, Allowance, Evidence, Row, Violation
from tests.faults.operations_index import rows_by_operation


def lost_ids(evidence: Evidence) -> tuple[str, ...]:
    """Accepted, and without a row or without an outcome."""
    final = {row.request_id for row in evidence.rows if row.is_final}
    accepted = {one for operation in evidence.operations for one in operation.ids}
    return tuple(sorted(accepted - final))


def changed_ids(evidence: Evidence) -> tuple[str, ...]:
    """Final once, and something else later: a second outcome in the record."""
    return tuple(
        sorted(
            {
                *_changes(evidence.earlier_rows, evidence.rows),
                *_changes(evidence.rows, evidence.later_rows),
            }
        )
    )


def duplicate_rows(evidence: Evidence) -> int:
    """Rows beyond the first of each operation."""
    return sum(
        len(rows) - 1
        for number, rows in rows_by_operation(evidence.operations, evidence.rows).items()
        if number is not None
    )


def all_accepted_end(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I1: every accepted request has an outcome, the one that it should have; no operation stays
    open; whatever was accepted in the record is what the client was told."""
    yield from _told("I1", "accepted and without an outcome", lost_ids(evidence))
    pending = [row.request_id for row in evidence.rows if not row.is_final]
    yield from _told("I1", "in the record and without an outcome", pending)
    still_open = [one.first.op_id for one in evidence.operations if one.outcome == "info"]
    yield from _told("I1", "operations that no repeat could settle", still_open)
    explained = allowance.fails_with
    failed = [
        f"{row.request_id} ({row.state}: {row.failure_code})"
        for row in evidence.rows
        if row.is_final and row.state != "completed" and row.failure_code not in explained
    ]
    yield from _told("I1", "failed, and the fault does not explain it", failed)
    if evidence.recovered_s is None:
        yield Violation("I1", "what was accepted had no outcome within 60 s of the healing")


def one_row_each(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I2: one row per request, unchanged once final, with the result of its own picture."""
    del allowance
    counted = Counter((row.tenant, row.request_id) for row in evidence.rows)
    yield from _told("I2", "more than one row", [key for key, n in counted.items() if n > 1])
    yield from _told("I2", "changed after they were final", changed_ids(evidence))
    for number, rows in rows_by_operation(evidence.operations, evidence.rows).items():
        swapped = [f"{row.request_id} has {row.number}" for row in rows if _is_swapped(row, number)]
        yield from _told("I2", f"results that are not of operation {number}", swapped)


def no_phantoms(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I3: no row that nobody sent, no outcome on the log without a row."""
    del allowance
    strangers = rows_by_operation(evidence.operations, evidence.rows).get(None, [])
    yield from _told("I3", "rows that nobody sent", [row.request_id for row in strangers])
    rows = {f"{row.tenant}/{row.request_id}" for row in evidence.rows}
    outcomes = {one.names for one in evidence.records if one.topic in OUTCOME_TOPICS}
    yield from _told("I3", "outcomes on the log without a row", sorted(outcomes - rows))


def one_request_per_key(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I4: however often an operation was sent, it is one request."""
    del allowance
    for number, rows in rows_by_operation(evidence.operations, evidence.rows).items():
        if number is not None and len(rows) > 1:
            ids = sorted(row.request_id for row in rows)
            yield Violation("I4", f"operation {number} became {len(rows)} requests: {ids}")
    for operation in evidence.operations:
        if len(operation.ids) > 1:
            named = sorted(operation.ids)
            yield Violation("I4", f"operation {operation.first.op_id} was answered with {named}")


def no_orphans(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I11: every upload's row has its object; what had no row is reaped by now."""
    del allowance
    kept = {row.object_key for row in evidence.rows if row.object_key}
    yield from _told("I11", "rows without their object", sorted(kept - evidence.objects))
    rows = {row.request_id for row in evidence.rows}
    orphans = sorted(one for one in evidence.objects if one.split("/")[1] not in rows)
    yield from _told("I11", "objects without a row", orphans)


def _is_swapped(row: Row, number: int | None) -> bool:
    return number is not None and row.state == "completed" and row.number != number


def _changes(before: Iterable[Row], after: Iterable[Row]) -> Iterator[str]:
    now = {(row.tenant, row.request_id): row.digest for row in after}
    for row in before:
        if row.is_final and now.get((row.tenant, row.request_id)) != row.digest:
            yield row.request_id


def _told(invariant: str, what: str, found: Iterable[object]) -> Iterator[Violation]:
    """One line, however many: how many, and the first three."""
    shown = list(found)
    if shown:
        first = ", ".join(str(one) for one in shown[:3])
        yield Violation(invariant, f"{len(shown)} {what}: {first}")

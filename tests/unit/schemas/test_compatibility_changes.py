"""Each forbidden change is refused by its rule, and each allowed one passes.

What the rules say of two schemas is held against documents: a forbidden change is one that some
document shows, an allowed one is one that no document shows.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from schemas.compatibility_directions import Direction
from schemas.compatibility_findings import Rule
from schemas.compatibility_rules import findings
from schemas.releases import Json
from tests.support import changes_of_consumed as consumed
from tests.support import changes_of_produced as produced
from tests.support.schema_changes import Change
from tests.support.schema_checks import faults
from tests.support.schema_documents import documents

Case = tuple[Direction, Change]

FORBIDDEN = [
    *((Direction.PRODUCED, change) for change in produced.FORBIDDEN),
    *((Direction.CONSUMED, change) for change in consumed.FORBIDDEN),
]
ALLOWED = [
    *((Direction.PRODUCED, change) for change in produced.ALLOWED),
    *((Direction.CONSUMED, change) for change in consumed.ALLOWED),
]
SEARCH = settings(
    max_examples=2000,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: f"{case[0]}: {case[1]}")


def writer_and_reader(case: Case) -> tuple[Json, Json]:
    """By whose schema documents are written, and by whose they are read."""
    direction, change = case
    released, today = change.released(), change.today()
    return (today, released) if direction is Direction.PRODUCED else (released, today)


@each(FORBIDDEN)
def test_a_forbidden_change_is_refused_by_its_rule(case: Case) -> None:
    direction, change = case
    found = findings(change.released(), change.today(), direction)
    assert {finding.rule for finding in found} == {change.rule}


@each(ALLOWED)
def test_an_allowed_change_passes(case: Case) -> None:
    direction, change = case
    assert findings(change.released(), change.today(), direction) == []


@each([case for case in FORBIDDEN if case[1].is_seen])
def test_a_forbidden_change_breaks_a_document(case: Case) -> None:
    writer, reader = writer_and_reader(case)

    def is_refused(document: Any) -> bool:
        return faults(reader, document) != []

    try:
        document = find(documents(writer), is_refused, settings=SEARCH)
    except NoSuchExample:
        pytest.fail("no document shows the difference")
    assert faults(writer, document) == []


@each(ALLOWED)
def test_an_allowed_change_breaks_no_document(case: Case) -> None:
    writer, reader = writer_and_reader(case)

    @settings(SEARCH, max_examples=15)
    @given(documents(writer))
    def check(document: Any) -> None:
        assert faults(reader, document) == []

    check()


def test_every_rule_has_a_change_that_breaks_it() -> None:
    rules = {
        direction: {change.rule for side, change in FORBIDDEN if side is direction}
        for direction in Direction
    }
    assert rules[Direction.CONSUMED] == set(Rule)
    assert rules[Direction.PRODUCED] == set(Rule) - {Rule.DEFAULT}


def test_changes_have_names_of_their_own() -> None:
    for changes in (produced.FORBIDDEN, produced.ALLOWED, consumed.FORBIDDEN, consumed.ALLOWED):
        names = [change.name for change in changes]
        assert len(set(names)) == len(names)

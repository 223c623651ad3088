"""Which outcome stands when several are told of one request: a result beats a failure."""

from collections.abc import Iterable
from datetime import datetime

from schemas.events import AnalysisFailed, ImageAnalyzed
from storage.ports import Completed, Failed, Outcome, Pending
from storage.postgres_text import storable

Fact = ImageAnalyzed | AnalysisFailed


def one_fact_each(facts: Iterable[Fact]) -> list[Fact]:
    """One fact for each request, ordered by its key: the first result, else the first failure of
    the latest acceptance (an earlier one was of a refused request with the same id)."""
    standing: dict[str, Fact] = {}
    for fact in facts:
        earlier = standing.get(fact.key)
        if earlier is None or _beats(fact, earlier):
            standing[fact.key] = fact
    return [standing[key] for key in sorted(standing)]


def settled(outcome: Outcome, fact: Fact, at: datetime) -> Outcome:
    """What a request with this outcome has once the fact is told, at that moment."""
    told = to_outcome(fact, at)
    if isinstance(outcome, Pending):
        return told
    return told if isinstance(outcome, Failed) and isinstance(told, Completed) else outcome


def to_outcome(fact: Fact, at: datetime) -> Completed | Failed:
    if isinstance(fact, ImageAnalyzed):
        return Completed(at, fact.result)
    return Failed(at, fact.code, storable(fact.message), fact.retryable, fact.attempts)


def _beats(fact: Fact, earlier: Fact) -> bool:
    if isinstance(earlier, ImageAnalyzed):
        return False
    return isinstance(fact, ImageAnalyzed) or fact.accepted_at > earlier.accepted_at

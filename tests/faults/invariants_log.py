"""What the log and the streams must say: I5, I6 and I10 of the reliability page."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.faults.evidence import OUTCOME_TOPICS, Allowance, Evidence, LogRecord, Violation

_EVENT_OF_STATE = {"completed": "image-analyzed"}


def repeats(evidence: Evidence) -> int:
    """Records on the topics beyond the first of each event."""
    counted = Counter((one.topic, one.ce_id) for one in _events(evidence))
    return sum(counted.values()) - len(counted)


def one_id_per_event(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I5: a repeat has the same id and says the same; no two outcomes contradict each other, but
    for a failure that a result beat."""
    del allowance
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    numbers: dict[str, set[int | None]] = defaultdict(set)
    for one in _events(evidence):
        ids[one.names, one.ce_type].add(one.ce_id)
        if one.topic == "image-analyzed":
            numbers[one.names].add(one.number)
    for (names, kind), known in ids.items():
        if len(known) > 1:
            yield Violation("I5", f"{names} has {len(known)} ids for {kind}")
    for names, said in numbers.items():
        if len(said) > 1:
            yield Violation("I5", f"{names} was told with different results: {said}")
    yield from _disagreements(evidence)


def streams_tell_the_record(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I6: over all connections each outcome is told once, and is that of the record. After a gap
    the client has the record to ask, so nothing is missing then."""
    del allowance
    for one in evidence.received:
        events = {
            row.request_id: _event_of(row.state)
            for row in evidence.rows
            if row.is_final and row.tenant == one.tenant
        }
        true = [fact for fact in one.told if fact.event == events.get(fact.request_id)]
        told = Counter(fact.request_id for fact in true)
        missing = sorted(set(events) - set(told))
        if missing and not one.gaps:
            yield Violation("I6", f"{one.tenant}: {len(missing)} never told: {missing[:3]}")
        twice = sorted(request_id for request_id, count in told.items() if count > 1)
        if twice:
            yield Violation("I6", f"{one.tenant}: {len(twice)} told twice: {twice[:3]}")


def poison_affects_itself(evidence: Evidence, allowance: Allowance) -> Iterator[Violation]:
    """I10: every group has read all there is; a dead letter says whence, why and by whom."""
    for lag in evidence.lags:
        if lag.records:
            yield Violation("I10", f"{lag.group} is {lag.records} records behind on {lag.topic}")
    letters = evidence.dead_letters
    if letters and not allowance.dead_letters:
        reasons = Counter((one.topic, one.header("dlq-reason")) for one in letters)
        yield Violation("I10", f"dead letters without a cause: {dict(reasons)}")
    for one in letters:
        lacking = [name for name in _LETTER_HEADERS if not one.header(name)]
        if lacking:
            yield Violation("I10", f"{one.topic}@{one.offset} does not say {lacking}")


_LETTER_HEADERS = (
    "dlq-topic", "dlq-partition", "dlq-offset", "dlq-reason", "dlq-group", "dlq-attempts",
)  # fmt: skip


def _events(evidence: Evidence) -> Iterator[LogRecord]:
    """What others consume: neither retries nor dead letters."""
    for one in evidence.records:
        if one.ce_id and not one.topic.endswith(("-dlq", "-retry")):
            yield one


def _disagreements(evidence: Evidence) -> Iterator[Violation]:
    said: dict[str, set[str]] = defaultdict(set)
    for one in _events(evidence):
        if one.topic in OUTCOME_TOPICS:
            said[one.names].add(one.topic)
    for row in evidence.rows:
        topics = said.get(f"{row.tenant}/{row.request_id}", set())
        if row.is_final and topics and _event_of(row.state) not in topics:
            yield Violation("I5", f"{row.request_id} is {row.state}, the log says {topics}")
        if row.is_final and row.state != "completed" and "image-analyzed" in topics:
            yield Violation("I5", f"{row.request_id} is {row.state} although there is a result")


def _event_of(state: str) -> str:
    return _EVENT_OF_STATE.get(state, "analysis-failed")

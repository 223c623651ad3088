"""All that was seen of one run, for the checks: nothing here asks anybody anything."""

from dataclasses import dataclass

from tests.faults.client import Refused
from tests.faults.ledger import Operation
from tests.faults.sampler import Sample
from tests.faults.streams import Told

FINAL = frozenset({"completed", "failed", "cancelled", "expired"})
OUTCOME_TOPICS = frozenset({"image-analyzed", "analysis-failed"})


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is what the result says was in the picture, None without a result; `digest` is of
    everything in the row that a client can see."""

    tenant: str
    request_id: str
    state: str
    sha256: str
    image_url: str
    object_key: str
    number: int | None
    failure_code: str
    digest: str

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class LogRecord:
    """`number` as in a row; `names` is what the key says, `<tenant>/<request_id>`."""

    topic: str
    partition: int
    offset: int
    names: str
    ce_id: str
    ce_type: str
    number: int | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None

    def header(self, name: str) -> str:
        found = next((value for key, value in self.headers if key == name), None)
        return (found or b"").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Lag:
    group: str
    topic: str
    records: int


@dataclass(frozen=True, slots=True)
class Received:
    """Everything that one tenant was sent."""

    tenant: str
    told: tuple[Told, ...]
    gaps: tuple[str, ...]
    text: tuple[str, ...]
    refused: tuple[Refused, ...]
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    process: str
    exits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """`earlier_rows` were final when the fault began; `later_rows` is the same question asked once
    more after `rows`. Moments are monotonic; `recovered_s` counts from the healing until all that
    was accepted before it was final, None when it never was."""

    operations: tuple[Operation, ...]
    earlier_rows: tuple[Row, ...]
    rows: tuple[Row, ...]
    later_rows: tuple[Row, ...]
    records: tuple[LogRecord, ...]
    objects: frozenset[str]
    lags: tuple[Lag, ...]
    received: tuple[Received, ...]
    samples: tuple[Sample, ...]
    intruders_let_in: int
    injected_at: float
    healed_at: float
    recovered_s: float | None

    def of_topic(self, topic: str) -> tuple[LogRecord, ...]:
        return tuple(record for record in self.records if record.topic == topic)

    @property
    def dead_letters(self) -> tuple[LogRecord, ...]:
        return tuple(record for record in self.records if record.topic.endswith("-dlq"))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a fault explains. `shows` are the servers that `/ready` and the metrics of the API must
    name while it lasts; `disturbs` the processes that may fail to answer meanwhile;
    `fails_with` the codes of analyses that it may end; `dead_letters` whether it may
    fill them."""

    shows: frozenset[str] = frozenset()
    disturbs: frozenset[str] = frozenset()
    fails_with: frozenset[str] = frozenset()
    dead_letters: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """`invariant` is I1 to I13, or the fault's own number for what it must show beyond them."""

    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


@dataclass(slots=True)
class Counts:
    """The figures of a report's row."""

    accepted: int = 0
    lost: int = 0
    second_outcomes: int = 0
    repeats: int = 0
    duplicate_rows: int = 0
    client_errors: int = 0

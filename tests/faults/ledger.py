"""The client's ledger: what was sent is written down before it is sent, what came back after."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TextIO

Outcome = Literal["ok", "fail", "info"]
"""`info` (a timeout, a reset, any 5xx) leaves open whether the request exists; asking again with
the same key settles it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt at one operation. Times are seconds since the epoch; `t_intended` is when an
    open loop wanted it out, `t_sent` when it went."""

    op_id: int
    tenant: str
    key: str
    kind: Literal["upload", "url"]
    sha256: str
    t_intended: float
    t_sent: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an attempt. `id` is the request's, empty when none was named."""

    op_id: int
    t_answer: float
    outcome: Outcome
    status: int
    id: str


@dataclass(slots=True)
class Operation:
    """All attempts at one operation: a single request, however often it is sent."""

    sent: list[Sent] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)

    @property
    def first(self) -> Sent:
        return self.sent[0]

    @property
    def outcome(self) -> Outcome:
        """Accepted once is accepted; an attempt without an answer leaves it open."""
        if self.accepted_at is not None:
            return "ok"
        if len(self.answers) < len(self.sent) or self.answers[-1].outcome == "info":
            return "info"
        return "fail"

    @property
    def accepted_at(self) -> float | None:
        return next((one.t_answer for one in self.answers if one.outcome == "ok"), None)

    @property
    def ids(self) -> frozenset[str]:
        """More than one: the same key gave two requests."""
        return frozenset(one.id for one in self.answers if one.id)


class Ledger:
    """Appends to a file of JSON lines, each flushed before `sent` and `answered` return."""

    def __init__(self, file: Path) -> None:
        self._operations: dict[int, Operation] = {}
        self._out: TextIO = file.open("a", encoding="utf-8")

    def sent(self, entry: Sent) -> None:
        self._write(entry)
        self._operations.setdefault(entry.op_id, Operation()).sent.append(entry)

    def answered(self, entry: Answered) -> None:
        self._write(entry)
        self._operations[entry.op_id].answers.append(entry)

    def close(self) -> None:
        self._out.close()

    @property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(self._operations.values())

    def with_outcome(self, outcome: Outcome) -> tuple[Operation, ...]:
        return tuple(one for one in self._operations.values() if one.outcome == outcome)

    def _write(self, entry: Sent | Answered) -> None:
        self._out.write(json.dumps(asdict(entry)) + "\n")
        self._out.flush()


def read_ledger(file: Path) -> tuple[Operation, ...]:
    """From the file alone, as after a crash of the client."""
    found: dict[int, Operation] = {}
    for entry in _entries(file):
        operation = found.setdefault(entry.op_id, Operation())
        if isinstance(entry, Sent):
            operation.sent.append(entry)
        else:
            operation.answers.append(entry)
    return tuple(found.values())


def _entries(file: Path) -> Iterator[Sent | Answered]:
    for line in file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        yield Answered(**entry) if "t_answer" in entry else Sent(**entry)

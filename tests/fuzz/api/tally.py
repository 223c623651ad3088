"""What was asked and how it was answered, and what should not have been."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` failed on `route`; the same of one caller is kept once, with the first request."""

    caller: str
    route: str
    check: str
    title: str
    message: str
    request: str

    @property
    def kind(self) -> tuple[str, str, str, str]:
        return self.caller, self.route, self.check, self.title


@dataclass(slots=True)
class Tally:
    """Answers by caller, route (`GET /health`) and status; findings by their kind."""

    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    findings: dict[tuple[str, str, str, str], Finding] = field(default_factory=dict)
    repeats: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def note(self, finding: Finding) -> None:
        self.findings.setdefault(finding.kind, finding)
        self.repeats[finding.kind] += 1

    def asked(self, caller: str) -> set[str]:
        """The routes that this caller had an answer of."""
        return {route for who, route, _ in self.answers if who == caller}

    @property
    def requests(self) -> int:
        return self.answers.total()

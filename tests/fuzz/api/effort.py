"""How much is asked, and which of schemathesis' checks are made."""

from dataclasses import dataclass
from typing import Any, Final

_PICTURES_FAULT: Final = ["2xx", "400", "401", "403", "404", "408", "409", "413", "422", "429"]
_NOT_ALWAYS: Final = {"positive_data_acceptance": {"expected-statuses": _PICTURES_FAULT}}
"""That something fits its schema does not make it a picture, an address that may be fetched, a
password that is right or a moment to come."""


@dataclass(frozen=True, slots=True)
class Effort:
    """`examples` of each kind for each route, again and again for `seconds`. Without a time it is
    done once, and only with what is made up at random."""

    seed: int
    examples: int
    seconds: int | None = None

    @property
    def is_long(self) -> bool:
        return self.seconds is not None

    def configuration(self, base_url: str, credential: str | None) -> dict[str, Any]:
        """As schemathesis.toml would have it."""
        phases = {
            "examples": {"enabled": self.is_long},
            "coverage": {"enabled": self.is_long},
            "fuzzing": {"enabled": True},
            "stateful": {"enabled": self.is_long},
        }
        return {
            "base-url": base_url,
            "seed": self.seed,
            "continue-on-failure": True,
            "request-timeout": 20,
            "headers": {} if credential is None else {"Authorization": credential},
            "checks": _NOT_ALWAYS,
            "phases": phases,
            "generation": {"max-examples": self.examples, "no-shrink": True, "database": "none"},
            **({} if self.seconds is None else {"max-time": self.seconds}),
            "operations": [{"include-tag": "events", "request-timeout": 0.5}],
        }

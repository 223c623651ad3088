"""How soon somebody may try a password again: the port that counts tries, and what counts mean."""

from dataclasses import dataclass
from typing import Final, Protocol

COUNTED_MS: Final = 3_600_000
"""How long a count stays after the last try."""

KNOWN_MS: Final = 30 * 86_400_000
"""How long it is remembered where somebody has logged in from."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The first `free` tries may follow each other at once. After that, and each further one, there
    is a wait: a second, two, four and so on, but `longest_s` at most, whatever anybody does."""

    free: int = 5
    longest_s: int = 300

    def wait_ms(self, tries: int) -> int:
        """After so many tries in a row that failed."""
        if tries < self.free:
            return 0
        return 1000 * min(self.longest_s, 1 << min(tries - self.free, 20))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whose password is tried, and from where: digests, of which the store learns nothing."""

    account: str
    origin: str


class AttemptStore(Protocol):
    """Two counts decide: that of the account from this origin and, unless somebody has logged in to
    it from there within 30 days, that of the account from all other origins together. So whoever
    guesses cannot keep those out who come from where they always come from.

    Raises StoreUnavailableError.
    """

    async def begin(self, attempt: Attempt, patience: Patience) -> int:
        """How many milliseconds are left to wait; 0 for a try that may go on, which is counted as
        one that fails until `succeed` is told otherwise. A try that must wait is not counted."""
        ...

    async def succeed(self, attempt: Attempt) -> None:
        """The password was right: what was counted from this origin is forgotten, and the origin is
        known. What was counted from others stays: it may be somebody who guesses."""
        ...

    async def aclose(self) -> None: ...

"""The scanner port: bytes of a picture in, what is known against them out."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Clean:
    """All of the bytes were looked at, and nothing is known against them."""


@dataclass(frozen=True, slots=True)
class Infected:
    """`signature` is the scanner's name for it, printable and short."""

    signature: str


Verdict = Clean | Infected


class ScannerDownError(Exception):
    """It serves nobody now; the picture has nothing to do with it."""


class ScanFailedError(Exception):
    """It serves, and gave no answer about these bytes that counts: worth another try, no more."""


class ScanRefusedError(Exception):
    """It does not take these bytes, and will not the next time either: they are too many."""


class Scanner(Protocol):
    """Anything but `Clean` means that the bytes are not to be worked with."""

    async def scan(self, data: bytes) -> Verdict:
        """Raises ScannerDownError, ScanFailedError, ScanRefusedError."""
        ...

    async def check(self) -> None:
        """Returns when it answers; raises ScannerDownError."""
        ...

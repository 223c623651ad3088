"""What one door came to, and what can go wrong on the way."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

Door = Literal["upload", "stream", "url", "inbox"]
"""Upload and wait; upload and read the event stream; by address; a record in an inbox."""


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    LATE = "late"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`took_s` is from the first connection to the outcome, or to the end of our patience; reading
    back is not in it. `said` tells what is wrong, and is empty when nothing is."""

    door: Door
    verdict: Verdict
    took_s: float
    trace_id: str
    request_id: UUID | None = None
    said: str = ""


class WrongAnswerError(Exception):
    """It answers, and not as it must; the text says how. Never has a body or a credential in it."""


class UnreachableError(Exception):
    """Nothing could be sent."""

"""Dead letters as the terminal shows them."""

import json
from collections import Counter
from collections.abc import Sequence

from storage.letter_book import Handling
from topics.dead_letters import parked_key
from topics.letters import DeadLetter

_VALUE_CHARS = 4000


def line_of(letter: DeadLetter, handling: Handling | None) -> str:
    """One line: where, when, why, whose, and what was done about it."""
    whose = plain((letter.record.key or b"-").decode("utf-8", "backslashreplace"))
    done = "" if handling is None else f"  {handling.action}"
    at = letter.failed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    reason = plain(letter.about("reason")) or "-"
    return f"{letter.record.place}  {at}  {reason}  {whose[:120]}{done}"


def document_of(letter: DeadLetter, handling: Handling | None) -> str:
    """The same as one line of JSON, for programs."""
    return json.dumps(
        {
            "place": letter.record.place,
            "failed_at": letter.failed_at.isoformat(),
            "topic": letter.origin.name,
            "reason": letter.about("reason"),
            "message": letter.about("error-message"),
            "error_class": letter.about("error-class") or None,
            "tenant_id": letter.tenant_id or None,
            "request_id": None if letter.request_id is None else str(letter.request_id),
            "attempts": letter.about("attempts"),
            "replays": letter.replays,
            "handled": None if handling is None else handling.action,
            "replayed_as": None
            if handling is None or handling.request_id is None
            else str(handling.request_id),
        }
    )


def page_of(letter: DeadLetter, handling: Handling | None) -> str:
    """All of it: every header, then the value. What is not text is spelt out."""
    parts = [line_of(letter, handling), ""]
    for name, value in letter.record.headers:
        shown = "(null)" if value is None else value.decode("utf-8", "backslashreplace")
        parts.append(f"{plain(name)}: {plain(shown)}")
    parts += ["", _value_of(letter)]
    if handling is not None and handling.request_id is not None:
        parts += ["", f"{handling.action} as {handling.request_id} at {handling.at.isoformat()}"]
    return "\n".join(parts)


def summary_of(letters: Sequence[DeadLetter]) -> str:
    """How many of each reason."""
    reasons = Counter(letter.about("reason") or "-" for letter in letters)
    counts = ", ".join(f"{plain(reason)} {count}" for reason, count in reasons.most_common())
    return f"{len(letters)} dead letters" + (f": {counts}" if counts else "")


def _value_of(letter: DeadLetter) -> str:
    key = parked_key(letter.record)
    if key is not None:
        return f"(the value lies in the bucket as {plain(key)})"
    value = letter.record.value
    if value is None:
        return "(no value)"
    try:
        shown, is_whole = json.dumps(json.loads(value), indent=2), True
    except (ValueError, RecursionError):
        shown = plain(value[:_VALUE_CHARS].decode("utf-8", "backslashreplace"))
        is_whole = len(value) <= _VALUE_CHARS
    if is_whole and len(shown) <= _VALUE_CHARS:
        return shown
    return f"{shown[:_VALUE_CHARS]}\n… {len(value)} bytes in all"


def plain(text: str) -> str:
    """Nobody's text moves the cursor or colours the terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)

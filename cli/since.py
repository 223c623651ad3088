"""`--since`: an age or a moment."""

import re
from datetime import UTC, datetime, timedelta

from cli.exit_codes import ConfigurationError

_AGE = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def to_moment(text: str) -> datetime:
    """An age such as 2h, or a moment as ISO 8601 has it. Raises ConfigurationError."""
    age = _AGE.fullmatch(text)
    try:
        if age is not None:
            return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"--since {text}: must be an age (90s, 15m, 2h, 7d) or a moment (2026-03-01T12:00Z)"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""How long a delivery waits after an attempt that failed, and when it has waited enough."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from outbound.settings import WebhookSettings


class Pauses:
    """Exponential, up to a half shorter at random, so that what failed together does not come back
    together. `chance` answers from 0 to 1."""

    def __init__(
        self,
        settings: WebhookSettings,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._chance = chance

    def after(
        self, number: int, waited: timedelta, *, asked: timedelta | None = None
    ) -> timedelta | None:
        """The pause after the attempt of that number since it was begun; None when there is to be
        no other. `asked` is what the receiver wants: never less, and never more than the longest
        pause."""
        longest = self._settings.longest_pause_s
        grown = self._settings.first_pause_s * 2.0 ** min(number - 1, 60)
        own = min(grown, longest) * (1 - self._chance() / 2)
        wanted = 0.0 if asked is None else min(asked.total_seconds(), longest)
        pause = timedelta(seconds=max(own, wanted))
        is_late = (waited + pause).total_seconds() > self._settings.give_up_after_s
        return None if is_late or number >= self._settings.max_attempts else pause


def asked_pause(retry_after: str | None, now: datetime) -> timedelta | None:
    """What a `Retry-After` header asks for, in seconds or as a date (RFC 9110, section 10.2.3).
    None for what is neither."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 10**9))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    # "-0000" gives a naive moment, which is one in UTC all the same.
    return max((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now, timedelta())

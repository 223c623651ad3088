"""Last-Event-ID: what a client missed, read again from the log itself."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Literal

from ingest_api.cursor import Cursor
from ingest_api.event_ids import LogPlace
from ingest_api.live import Hub
from ingest_api.mailbox import Closing, Mailbox
from ingest_api.news import News, to_news
from ingest_api.recheck import Recheck
from topics.errors import InvalidMessageError, LogUnavailableError
from topics.records import Record

GapReason = Literal["unreadable_id", "other_log", "expired", "too_far_back", "log_unavailable"]
_NEAR = 50
_ROUNDS = 50


class GapError(Exception):
    """The log cannot give all that was missed."""

    def __init__(self, reason: GapReason) -> None:
        super().__init__(reason)
        self.reason: GapReason = reason


class Following:
    """One tenant stream's place in the fan-out, taken when it has caught up."""

    def __init__(self, hub: Hub, *, tenant_id: str, mailbox: Mailbox, held: ExitStack) -> None:
        self._hub = hub
        self.tenant_id = tenant_id
        self.mailbox = mailbox
        self._held = held
        self._joined_at: LogPlace | None = None

    def join(self) -> LogPlace:
        """From the place it returns, everything comes through the mailbox. A repeat changes
        nothing."""
        if self._joined_at is None:
            self._held.enter_context(self._hub.following(self.tenant_id, self.mailbox))
            self._joined_at = self._hub.place()
        return self._joined_at


class CatchUp:
    """Reads from the cursor to the present, in rounds, because the present moves on; joins the
    fan-out before the last round, so that nothing falls between the two."""

    def __init__(self, hub: Hub, *, max_records: int) -> None:
        self._hub = hub
        self._max_records = max_records

    def check(self, place: LogPlace) -> None:
        """Raises GapError for a place that cannot be resumed from."""
        now = self._hub.place()
        if not now.identity:
            raise GapError("log_unavailable")
        if place.identity != now.identity or not set(place.offsets) <= set(now.offsets):
            raise GapError("other_log")
        if place.distance_to(now) > self._max_records:
            raise GapError("too_far_back")

    async def missed(
        self, cursor: Cursor, following: Following, recheck: Recheck
    ) -> AsyncIterator[News]:
        """What the client was not told. Raises GapError. Once it ends, the mailbox is enough,
        unless it is closed: also by this, when the credential is good no more. A slow client may
        be at it for hours."""
        for rounds_left in reversed(range(_ROUNDS)):
            is_near = cursor.place.distance_to(self._hub.place()) <= _NEAR
            is_last = is_near or rounds_left == 0
            target = following.join() if is_last else self._hub.place()
            async for record in self._between(cursor.place, target):
                news = _of_tenant(record, following.tenant_id, target.identity)
                if news is not None and cursor.is_new(news):
                    yield news
                cursor.pass_over((record.topic, record.partition), record.offset)
                if not await recheck.passes():
                    following.mailbox.close(Closing.REVOKED)
                if following.mailbox.closing is not None:
                    return
            cursor.advance(target)
            if is_last:
                return

    async def _between(self, start: LogPlace, stop: LogPlace) -> AsyncIterator[Record]:
        first, last = start.range_to(stop)
        if not first.offsets:
            return
        try:
            async for record in self._hub.read_range(first, last):
                yield record
        except LookupError:
            raise GapError("expired") from None
        except LogUnavailableError:
            raise GapError("log_unavailable") from None


def _of_tenant(record: Record, tenant_id: str, identity: str) -> News | None:
    if record.header("ce_tenantid") != tenant_id:
        return None
    place = LogPlace(identity, {(record.topic, record.partition): record.offset + 1})
    try:
        return to_news(record, place)
    except InvalidMessageError:
        return None

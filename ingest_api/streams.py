"""Server-sent events: one analysis to its outcome; all outcomes of a tenant, resumable."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, ExitStack
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from ingest_api.cursor import Cursor
from ingest_api.errors import NOT_FOUND, RefusedError
from ingest_api.event_ids import IdSealer, LogPlace, UnreadableIdError
from ingest_api.ids import to_request_id
from ingest_api.limit_settings import Limits
from ingest_api.live import Hub
from ingest_api.lookup import Found, Lookup, to_event
from ingest_api.mailbox import Closing, Mailbox
from ingest_api.news import News, OutcomeEvent
from ingest_api.recheck import Recheck
from ingest_api.resume import CatchUp, Following, GapError, GapReason
from ingest_api.scope import Principal, StillValid, principal_of, still_valid_of, trace_of
from ingest_api.settings import ApiSettings
from ingest_api.sse import PING, EventStream, frame, moved
from ingest_api.telling import Telling
from ingest_api.views import Views
from schemas.http import GapNotice
from storage.errors import StorageError
from telemetry.metrics import Metrics
from telemetry.traces import TraceContext
from topics.catalog import topic_of

_REVOKED = frame("credential-revoked", b"{}")
_CLOSING_EVENTS = {Closing.SLOW: "slow-client", Closing.DRAINING: "server-draining"}


class Streams:
    """The logical identity of an event is its name and the `request_id` in its data; its `id:` is
    a place in the log, for `Last-Event-ID` alone."""

    def __init__(
        self,
        *,
        hub: Hub,
        lookup: Lookup,
        sealer: IdSealer,
        views: Views,
        limits: Limits,
        settings: ApiSettings,
        telling: Telling,
        metrics: Metrics,
    ) -> None:
        self._metrics = metrics
        self._hub = hub
        self._lookup = lookup
        self._sealer = sealer
        self._views = views
        self._limits = limits
        self._settings = settings
        self._telling = telling
        self._catch_up = CatchUp(hub, max_records=settings.max_replayed_records)

    async def of_analysis(self, request: Request, request_id: str) -> Response:
        """Stream one analysis: first its state, then its outcome, then the stream ends."""
        principal = principal_of(request.scope)
        tenant_id = principal.tenant_id
        wanted = to_request_id(request_id)
        mailbox = Mailbox(self._settings.stream_queue)
        with ExitStack() as stack:
            stack.enter_context(self._streaming(principal, mailbox))
            stack.enter_context(self._hub.watching(f"{tenant_id}/{wanted}", mailbox))
            found = await self._lookup.find(tenant_id, wanted)
            if found is None:
                raise RefusedError(refusal=NOT_FOUND)
            held = stack.pop_all()
        frames = self._analysis_frames(
            found, mailbox, still_valid_of(request.scope), trace_of(request.scope)
        )
        return self._stream(frames, mailbox, held)

    async def of_tenant(self, request: Request) -> Response:
        """Stream every outcome of the tenant from now on, or from `Last-Event-ID`."""
        principal = principal_of(request.scope)
        mailbox = Mailbox(self._settings.stream_queue)
        held = ExitStack()
        held.enter_context(self._streaming(principal, mailbox))
        following = Following(self._hub, tenant_id=principal.tenant_id, mailbox=mailbox, held=held)
        last_event_id = request.headers.get("last-event-id")
        frames = self._tenant_frames(
            last_event_id, following, self._recheck(request), trace_of(request.scope)
        )
        return self._stream(frames, mailbox, held)

    def _streaming(self, principal: Principal, mailbox: Mailbox) -> AbstractContextManager[None]:
        at_most = self._limits.of(principal.tier).streams
        return self._hub.streaming(principal.tenant_id, mailbox, at_most=at_most)

    def _recheck(self, request: Request) -> Recheck:
        """Often enough that between two questions lie no more than a third of a ping, one silence
        and one slow frame: 30 s as shipped, and what is remembered is 30 s old at most."""
        return Recheck(still_valid_of(request.scope), every_s=self._settings.stream_ping_s / 3)

    def _stream(
        self, frames: AsyncGenerator[bytes, None], mailbox: Mailbox, held: ExitStack
    ) -> Response:
        timeout_s = self._settings.stream_send_timeout_s
        return EventStream(
            frames, mailbox=mailbox, held=held, send_timeout_s=timeout_s, metrics=self._metrics
        )

    async def _analysis_frames(
        self, found: Found, mailbox: Mailbox, still_valid: StillValid, client: TraceContext
    ) -> AsyncGenerator[bytes, None]:
        cursor = Cursor(self._sealer, found.tenant_id, self._hub.place())
        state = self._views.accepted(found.request_id, found.state).to_json()
        yield self._first("state", state, cursor)
        event = to_event(found)
        while event is None:
            item = await mailbox.next(self._settings.stream_ping_s)
            if isinstance(item, Closing):
                yield _farewell(item)
                return
            if isinstance(item, News):
                cursor.advance(item.place)
                with self._telling.frame(item, client):
                    yield _told(item.event, cursor)
                return
            elif await still_valid():
                yield PING
                event = await self._asked_again(found.tenant_id, found.request_id)
            else:
                mailbox.close(Closing.REVOKED)
                yield _farewell(Closing.REVOKED)
                return
        yield _told(event, cursor)

    async def _tenant_frames(
        self,
        last_event_id: str | None,
        following: Following,
        recheck: Recheck,
        client: TraceContext,
    ) -> AsyncGenerator[bytes, None]:
        cursor = Cursor(self._sealer, following.tenant_id, LogPlace(""))
        await self._wait_for_log(following.mailbox)
        try:
            place, gap = self._resume_place(last_event_id, following), None
        except GapError as error:
            place, gap = following.join(), error.reason
        cursor.advance(place)
        yield self._first("connected", b"{}", cursor)
        if gap is None:
            try:
                async for news in self._catch_up.missed(cursor, following, recheck):
                    with self._telling.frame(news, client):
                        yield _told(news.event, cursor)
            except GapError as error:
                cursor.advance(following.join())
                gap = error.reason
            closing = following.mailbox.closing
            if closing is not None:
                # The catch-up ended early. What is in the mailbox lies beyond what was not read:
                # an id from there would make the next stream pass over it.
                yield _farewell(closing)
                return
        if gap is not None:
            yield self._gap(gap, cursor)
        async for chunk in self._live(cursor, following.mailbox, recheck, client):
            yield chunk

    async def _wait_for_log(self, mailbox: Mailbox) -> None:
        """Right after a start the clients are back before the log is: they lose nothing by it."""
        until = time.monotonic() + self._settings.stream_log_wait_s
        while not self._hub.place().identity and time.monotonic() < until:
            if await mailbox.next(0.05) is not None:
                return

    def _resume_place(self, last_event_id: str | None, following: Following) -> LogPlace:
        """Raises GapError."""
        if not last_event_id:
            return following.join()
        try:
            place = self._sealer.unseal(following.tenant_id, last_event_id)
        except UnreadableIdError:
            raise GapError("unreadable_id") from None
        self._catch_up.check(place)
        return place

    async def _live(
        self, cursor: Cursor, mailbox: Mailbox, recheck: Recheck, client: TraceContext
    ) -> AsyncGenerator[bytes, None]:
        while True:
            item = await mailbox.next(self._settings.stream_ping_s)
            if isinstance(item, Closing):
                yield _farewell(item)
                return
            if not await recheck.passes():
                mailbox.close(Closing.REVOKED)
                yield _farewell(Closing.REVOKED)
                return
            if item is None:
                yield moved(cursor.event_id) if cursor.advance(self._hub.place()) else PING
            elif cursor.is_new(item):
                with self._telling.frame(item, client):
                    yield _told(item.event, cursor)

    async def _asked_again(self, tenant_id: str, request_id: UUID) -> OutcomeEvent | None:
        try:
            found = await self._lookup.find(tenant_id, request_id)
        except StorageError:
            return None
        return None if found is None else to_event(found)

    def _first(self, event: str, data: bytes, cursor: Cursor) -> bytes:
        retry_ms = self._settings.stream_retry_ms
        return frame(event, data, event_id=cursor.event_id, retry_ms=retry_ms)

    def _gap(self, reason: GapReason, cursor: Cursor) -> bytes:
        notice = GapNotice(reason=reason, link=self._views.template)
        return frame("gap", notice.to_json(), event_id=cursor.event_id)


def _told(event: OutcomeEvent, cursor: Cursor) -> bytes:
    return frame(topic_of(type(event)).name, event.to_json(), event_id=cursor.event_id)


def _farewell(why: Closing) -> bytes:
    """Asks the client back after a moment of its own, so that not all come at once; one whose
    credential is good no more is not asked back."""
    if why is Closing.GONE:
        return b""
    if why is Closing.REVOKED:
        return _REVOKED
    return frame(_CLOSING_EVENTS[why], b"{}", retry_ms=500 + secrets.randbelow(2000))

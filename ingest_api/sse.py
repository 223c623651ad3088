"""Server-sent events on the wire (WHATWG HTML, section 9.2): frames and their response."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ingest_api.arrival import is_cut_off
from ingest_api.mailbox import Mailbox, closed_when_gone
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_log = get_logger(__name__)

_EVENT = b"event: "
PING = b": ping\n\n"
MEDIA_TYPE = "text/event-stream"


def frame(event: str, data: bytes, *, event_id: str = "", retry_ms: int | None = None) -> bytes:
    """One event; `data` is one line of JSON, so nothing in it can end a frame."""
    head = f"{_EVENT.decode()}{event}\n"
    if event_id:
        head += f"id: {event_id}\n"
    if retry_ms is not None:
        head += f"retry: {retry_ms}\n"
    return head.encode() + b"data: " + data + b"\n\n"


def moved(event_id: str) -> bytes:
    """A ping that moves the client's last event id on; no event is dispatched for it."""
    return b": ping\nid: " + event_id.encode() + b"\n\n"


class EventStreamBody(Response):
    """The kind of answer, for the OpenAPI document."""

    media_type = MEDIA_TYPE


class EventStream(EventStreamBody):
    """Sends frames as they come, uncompressed. Ends when the frames do, when the client
    disconnects, and when it takes nothing for `send_timeout_s`; then `held` is released."""

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        mailbox: Mailbox,
        held: ExitStack,
        send_timeout_s: float,
        metrics: Metrics,
    ) -> None:
        self._metrics = metrics
        self._is_stalled = False
        self._frames = frames
        self._held = held
        self._mailbox = mailbox
        self._send_timeout_s = send_timeout_s
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held, self._counted(scope):
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            async with (
                closed_when_gone(receive, self._mailbox),
                contextlib.aclosing(self._frames) as frames,
            ):
                async for chunk in frames:
                    if not await self._has_sent(send, chunk, more_body=True):
                        return
                await self._has_sent(send, b"", more_body=False)

    @contextlib.contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        try:
            yield
        finally:
            closing = self._mailbox.closing
            why = "done" if closing is None else closing.value
            is_stalled = self._is_stalled or is_cut_off(scope)
            self._metrics.sse_ended.labels("stalled" if is_stalled else why).inc()

    async def _has_sent(self, send: Send, chunk: bytes, *, more_body: bool) -> bool:
        try:
            async with asyncio.timeout(self._send_timeout_s):
                await send({"type": "http.response.body", "body": chunk, "more_body": more_body})
        except TimeoutError:
            _log.warning("stream_stalled", timeout_s=self._send_timeout_s)
            self._is_stalled = True
            return False
        if chunk:
            self._metrics.sse_frames.labels(_event_of(chunk)).inc()
        return True


def _event_of(chunk: bytes) -> str:
    if not chunk.startswith(_EVENT):
        return "ping"
    return chunk[len(_EVENT) : chunk.index(b"\n")].decode()

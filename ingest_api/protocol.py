"""HTTP/1.1 as uvicorn speaks it, with an end to what a client may send and to how slowly.

uvicorn waits for ever for the rest of a request, and httptools takes headers of any size. This
subclass adds deadlines and limits by overriding what the parser and the transport call; a test
names everything of uvicorn's that it leans on.
"""

import asyncio
from collections import deque
from enum import Enum, auto
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from ingest_api.arrival import Arrival, set_arrival
from ingest_api.errors import (
    BODY_TIMEOUT,
    HEADERS_TIMEOUT,
    HEADERS_TOO_LARGE,
    REQUEST_MALFORMED,
    TARGET_TOO_LONG,
    TOO_BUSY,
    RefusedError,
)
from ingest_api.pace import Pace
from ingest_api.protocol_answers import answer_to
from ingest_api.protocol_connections import Connections
from ingest_api.protocol_head import announced_size, check_head
from ingest_api.protocol_transport import PoliteTransport
from ingest_api.security_headers import Headers, SecurityHeaders
from ingest_api.settings import ApiSettings
from telemetry.metrics import Metrics

_MARGIN_S = 5.0
"""Who reads a body gives it up by itself, and answers better; this much later nobody has."""
_MAX_PIPELINED = 16


class _Waiting(Enum):
    """For what of the client's."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class GuardedProtocol(HttpToolsProtocol):
    """One connection. What is refused here is answered with a problem and the connection closed;
    when an earlier answer is under way it is closed without one."""

    settings: ClassVar[ApiSettings]
    open_connections: ClassVar[Connections]
    answer_headers: ClassVar[Headers]
    metrics: ClassVar[Metrics]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._waiting = _Waiting.HEAD
        self._begun = self.loop.time()
        self._head_bytes = 0
        self._is_head_measured = True
        self._arrival = Arrival()
        self._arrivals: deque[Arrival] = deque()
        self._pace = Pace(self.settings, begun=self._begun, size=0)
        self._alarm: asyncio.TimerHandle | None = None
        self._refused: RefusedError | None = None
        self._has_place = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        self._polite = PoliteTransport(
            transport, self.settings, is_receiving=lambda: self._is_in_the_middle
        )
        super().connection_made(self._polite)
        self._has_place = self.open_connections.enter(self._address)
        if not self._has_place:
            self.metrics.http_refused.labels("too_many_connections").inc()
            transport.abort()
            return
        self._set_alarm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._polite.lost()
        for arrival in self._arrivals:
            arrival.is_cut_off = self._polite.has_cut_off
        self._stop_alarm()
        if self._has_place:
            self.open_connections.leave(self._address)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._polite.watch_sending()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._polite.end_watching()

    def data_received(self, data: bytes) -> None:
        if self._polite.is_closing():
            self._polite.drop(len(data))
            return
        if self._waiting is _Waiting.NOTHING:
            self._expect_head()
        self._is_head_measured = self._waiting is _Waiting.HEAD
        try:
            super().data_received(data)
        finally:
            self._head_bytes += len(data) if self._is_head_measured else 0
        if len(self.pipeline) > _MAX_PIPELINED:
            self._polite.close()
        if self._waiting is _Waiting.HEAD and self._head_bytes > self._allowed_head_bytes:
            self._cut_off(self._headers_too_large())
        self._set_alarm()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._waiting is not _Waiting.HEAD:
            self._expect_head()
        self._arrival = Arrival()
        set_arrival(self.scope, self._arrival)  # type: ignore[arg-type] # uvicorn's own TypedDict

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        limit = self.settings.max_request_line_bytes
        if len(self.url) > limit:
            self._stop_parsing(RefusedError(refusal=TARGET_TOO_LONG, limit=limit))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Fields after the body are dropped: they have passed nobody that looks at headers."""
        if self._waiting is _Waiting.BODY:
            self._head_bytes += len(name) + len(value)
            if self._head_bytes > self._allowed_head_bytes:
                self._stop_parsing(self._headers_too_large())
            return
        super().on_header(name, value)
        limit = self.settings.max_header_fields
        if len(self.headers) > limit:
            self._stop_parsing(RefusedError(refusal=HEADERS_TOO_LARGE, limit=limit))

    def on_headers_complete(self) -> None:
        try:
            check_head(self.parser.get_http_version(), self.url, self.headers)
            self._check_room()
        except RefusedError as error:
            self._stop_parsing(error)
        self._waiting = _Waiting.BODY
        self._head_bytes = 0
        self._is_head_measured = False
        size = announced_size(self.headers, self.settings.max_request_bytes)
        self._pace = Pace(self.settings, begun=self.loop.time(), size=size)
        super().on_headers_complete()
        self._arrivals.append(self._arrival)

    def on_body(self, body: bytes) -> None:
        self._arrival.received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._arrival.is_complete = True
        self._waiting = _Waiting.NOTHING
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._arrivals.popleft()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls this for whatever ended the parsing."""
        self._cut_off(self._refused or RefusedError(refusal=REQUEST_MALFORMED))

    @property
    def _address(self) -> str | None:
        return None if self.client is None else self.client[0]

    @property
    def _is_in_the_middle(self) -> bool:
        """The client has begun something and not ended it, or was not listened to."""
        is_in_head = self._waiting is _Waiting.HEAD and self._head_bytes > 0
        return is_in_head or self._waiting is _Waiting.BODY

    @property
    def _allowed_head_bytes(self) -> int:
        """Names and values may have so many; the request line and what is between come on top."""
        around = 32 + len(self.url) + 4 * len(self.headers) if self.headers is not None else 32
        return self.settings.max_header_bytes + around

    def _headers_too_large(self) -> RefusedError:
        return RefusedError(refusal=HEADERS_TOO_LARGE, limit=self.settings.max_header_bytes)

    def _check_room(self) -> None:
        """uvicorn has a limit of the kind, and answers at it with plain text."""
        limit = self.settings.limit_concurrency
        if limit is not None and max(len(self.connections) - 1, len(self.tasks)) >= limit:
            raise RefusedError(refusal=TOO_BUSY, limit=limit, retry_after_s=1)

    def _expect_head(self) -> None:
        self._waiting = _Waiting.HEAD
        self._begun = self.loop.time()
        self._head_bytes = 0

    def _stop_parsing(self, refused: RefusedError) -> None:
        """What a callback raises ends the parsing, and uvicorn then answers with a 400."""
        self._refused = refused
        raise refused

    def _cut_off(self, refused: RefusedError) -> None:
        if self._polite.is_closing():
            return
        self.metrics.http_refused.labels(refused.refusal.code).inc()
        if self._may_answer():
            self.transport.write(answer_to(refused, self._address, self.answer_headers))
        self._head_bytes = max(self._head_bytes, 1)
        self._waiting = _Waiting.HEAD
        self._polite.close()

    def _may_answer(self) -> bool:
        """Nothing of another answer is on the wire or in work for it."""
        if not self._arrivals:
            return True
        return list(self._arrivals) == [self._arrival] and not self.cycle.response_started

    def _due(self) -> float | None:
        if self._waiting is _Waiting.NOTHING or self._polite.is_closing():
            return None
        if self._waiting is _Waiting.HEAD:
            return self._begun + self.settings.header_timeout_s
        return self._pace.due(self._arrival.received) + _MARGIN_S

    def _set_alarm(self) -> None:
        due = self._due()
        if due is None:
            self._stop_alarm()
        elif self._alarm is None or self._alarm.when() > due:
            self._stop_alarm()
            self._alarm = self.loop.call_at(due, self._on_alarm)

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _on_alarm(self) -> None:
        self._alarm = None
        due, now = self._due(), self.loop.time()
        if due is None:
            return
        if self.flow.read_paused:  # we do not listen: the client is not to blame
            self._begun = now
            self._pace.begin_again(now)
        elif now >= due:
            self._give_up()
        self._set_alarm()

    def _give_up(self) -> None:
        if self._waiting is _Waiting.BODY:
            self._cut_off(RefusedError(refusal=BODY_TIMEOUT, limit=int(self._pace.total_s)))
        elif self._head_bytes:
            limit = int(self.settings.header_timeout_s)
            self._cut_off(RefusedError(refusal=HEADERS_TIMEOUT, limit=limit))
        else:
            self._polite.close()


def guarded_protocol(settings: ApiSettings, metrics: Metrics) -> type[GuardedProtocol]:
    """The class for one server: its connections are counted together."""

    class Guarded(GuardedProtocol):
        pass

    Guarded.settings = settings
    Guarded.open_connections = Connections(settings)
    Guarded.answer_headers = SecurityHeaders(settings).of("")
    Guarded.metrics = metrics
    metrics.http_connections.set_function(lambda: float(Guarded.open_connections.count))
    return Guarded

"""Every request is counted before its body is read: by its tenant, or else by its address."""

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest_api.errors import TOO_MANY_AT_ONCE, RefusedError
from ingest_api.in_flight import InFlight, Place
from ingest_api.limit_answers import headers_of
from ingest_api.limit_asks import Ask, ask_of_address, ask_of_tenant
from ingest_api.limiter import Limiter
from ingest_api.problems import problem_response
from ingest_api.scope import known_principal, note_counted

UNLIMITED_PATHS: Final = frozenset({"/health", "/ready", "/metrics"})
"""What asks here restarts the process, or takes it out of service, when it is refused."""

Headers = Iterable[tuple[bytes, bytes]]


class TenantLimits:
    """Inside of the gate: it is known who asks. Every answer says how much is left.

    An event stream is in work until it begins; after that it counts among the streams.
    """

    def __init__(self, app: ASGIApp, *, limiter: Limiter, max_bytes: int) -> None:
        self._app = app
        self._limiter = limiter
        self._max_bytes = max_bytes
        self._in_flight = InFlight()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNLIMITED_PATHS:
            await self._app(scope, receive, send)
            return
        ask = self._ask(scope)
        verdict = await self._limiter.take(ask)
        note_counted(scope)
        headers = headers_of(ask, verdict)
        error = await self._limiter.refusal(scope, ask, verdict)
        if error is not None:
            await problem_response(scope, error, headers)(scope, receive, send)
            return
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._work(scope, receive, send, raw)

    def _ask(self, scope: Scope) -> Ask:
        principal, limits = known_principal(scope), self._limiter.limits
        if principal is None:
            return ask_of_address(scope, limits)
        return ask_of_tenant(scope, principal, limits, max_bytes=self._max_bytes)

    async def _work(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        principal = known_principal(scope)
        if principal is None:
            await self._app(scope, receive, _Answer(send, headers, None).send)
            return
        at_most = self._limiter.limits.of(principal.tier).concurrent
        place = self._in_flight.enter(principal.tenant_id, at_most)
        answer = _Answer(send, headers, place)
        if place is None:
            await self._limiter.note(scope, "concurrent")
            await problem_response(scope, _too_many(at_most))(scope, receive, answer.send)
            return
        try:
            await self._app(scope, receive, answer.send)
        finally:
            place.leave()


class _Answer:
    """Adds the headers to what is sent; an event stream leaves its place when it begins."""

    def __init__(self, send: Send, headers: Headers, place: Place | None) -> None:
        self._send = send
        self._headers = headers
        self._place = place

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            present = message.get("headers", ())
            message["headers"] = [*present, *self._headers]
            content_type = dict(present).get(b"content-type", b"")
            if self._place is not None and content_type.startswith(b"text/event-stream"):
                self._place.leave()
        await self._send(message)


def _too_many(at_most: int) -> RefusedError:
    return RefusedError(
        refusal=TOO_MANY_AT_ONCE, field="concurrent", limit=at_most, retry_after_s=1,
        detail="as many requests of the tenant are in work",
    )  # fmt: skip

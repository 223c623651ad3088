"""What is refused before it was counted is counted as well: who guesses keys is slowed down."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest_api.limit_answers import headers_of
from ingest_api.limit_asks import Ask, ask_of_refused, ask_of_tenant
from ingest_api.limiter import Limiter
from ingest_api.problems import problem_response
from ingest_api.scope import known_principal, was_counted


class RefusedLimits:
    """Outside of the gate. Over the limit of its address, or of its tenant where that is known, a
    refusal is answered 429 in place of what it was. A good credential from such an address passes:
    strangers behind the same proxy take nothing from it."""

    def __init__(self, app: ASGIApp, *, limiter: Limiter) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_replaced = False

        async def counted(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start":
                is_replaced = await self._is_over(message["status"], scope, receive, send)
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, counted)

    async def _is_over(self, status: int, scope: Scope, receive: Receive, send: Send) -> bool:
        """Whether it was answered here."""
        await self._limiter.note_refused(scope, status)
        if was_counted(scope) or not 400 <= status < 500:
            return False
        ask = self._ask(scope)
        verdict = await self._limiter.take(ask)
        error = await self._limiter.refusal(scope, ask, verdict)
        if error is None:
            return False
        await problem_response(scope, error, headers_of(ask, verdict))(scope, receive, send)
        return True

    def _ask(self, scope: Scope) -> Ask:
        principal, limits = known_principal(scope), self._limiter.limits
        if principal is None:
            return ask_of_refused(scope, limits)
        return ask_of_tenant(scope, principal, limits, max_bytes=0)

"""One attempt to deliver: the message out, and what becomes of the delivery."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from outbound.client import GuardedClient
from outbound.errors import BlockedAddressError, OutboundError
from outbound.responses import Answer
from outbound.urls import host_of
from outbound.webhook_secrets import SecretSource
from processors.deliver_message import Message, to_message
from processors.deliver_pause import Pauses, asked_pause
from processors.deliver_spans import posting
from storage.audit import Action, AuditLog
from storage.deliveries import Attempt, Claim, Verdict
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_log = get_logger(__name__)
_GONE: Final = 410
DELIVERED: Final = Verdict("delivered")
DEAD: Final = Verdict("dead")


@dataclass(frozen=True, slots=True)
class _Answered:
    """What an attempt came to: a status, or why there was none."""

    status: int | None = None
    error: str | None = None
    is_final: bool = False
    asked: timedelta | None = None


class SendDelivery:
    """Only 2xx is delivered. 410 ends it, and so does an address that the policy refuses; all else
    is tried again, a redirect too: it is not followed."""

    def __init__(
        self,
        *,
        client: GuardedClient,
        secrets: SecretSource,
        pauses: Pauses,
        audit: AuditLog,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._secrets = secrets
        self._pauses = pauses
        self._audit = audit
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, claim: Claim) -> tuple[Attempt, Verdict]:
        at, started = self._clock(), time.perf_counter()
        try:
            answered = await self._attempted(claim, at)
        except Exception:  # noqa: BLE001 - a fault of ours with one delivery, tried as others are
            _log.exception("delivery_failed_unexpectedly")
            answered = _Answered(error="internal_error")
        took_s = time.perf_counter() - started
        self._metrics.fetch_seconds.labels(
            "webhook", str(answered.status or ""), answered.error or ""
        ).observe(took_s)
        attempt = Attempt(
            number=claim.number, event=claim.event, at=at, status=answered.status,
            error=answered.error, took_ms=round(took_s * 1000),
        )  # fmt: skip
        return attempt, self._verdict(claim, answered)

    async def _attempted(self, claim: Claim, at: datetime) -> _Answered:
        message = to_message(claim, self._secrets, at)
        if message is None:
            return _Answered(error="analysis_gone", is_final=True)
        return await self._post(claim, message)

    async def _post(self, claim: Claim, message: Message) -> _Answered:
        try:
            with posting(claim) as span:
                headers = {**message.headers, "traceparent": span.trace.traceparent}
                answer = await self._client.post(claim.url, message.body, headers)
                span.note({"http.response.status_code": answer.status})
        except BlockedAddressError as error:
            await self._note_blocked(claim)
            return _Answered(error=error.code, is_final=True)
        except OutboundError as error:
            # The tenant is told the code alone: why is nothing to look around inside with.
            _log.info("delivery_unanswered", reason=str(error)[:200])
            return _Answered(error=error.code)
        return self._heard(answer)

    def _heard(self, answer: Answer) -> _Answered:
        asked = asked_pause(answer.retry_after, self._clock())
        return _Answered(answer.status, is_final=answer.status == _GONE, asked=asked)

    def _verdict(self, claim: Claim, answered: _Answered) -> Verdict:
        if answered.status is not None and 200 <= answered.status < 300:
            return DELIVERED
        if answered.is_final:
            return DEAD
        pause = self._pauses.after(claim.tries, claim.waited, asked=answered.asked)
        return DEAD if pause is None else Verdict("pending", pause)

    async def _note_blocked(self, claim: Claim) -> None:
        await self._audit.note(
            Action.ADDRESS_BLOCKED,
            outcome="refused",
            tenant_id=claim.tenant_id,
            target=str(claim.request_id),
            host=host_of(claim.url),
        )

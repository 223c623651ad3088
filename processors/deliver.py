"""Postgres -> deliver -> receivers: every recorded outcome to the callback of its request.

At least once: a worker claims a delivery for the time of a lease, commits that, then sends. One
that dies after sending, or whose note of it is lost, leaves it to be sent again, with the same
`webhook-id`.
"""

import asyncio
from collections import Counter
from datetime import timedelta

from outbound.settings import WebhookSettings
from processors.deliver_send import SendDelivery
from processors.deliver_spans import delivering
from processors.errors import TRANSIENT_ERRORS
from processors.hold import Hold
from storage.deliveries import Attempt, Claim, DeliveryStore, Receiver, Room, Verdict
from storage.errors import StorageError
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.spans import UNTRACED, Tracer

_log = get_logger(__name__)
_GATHER_S = 0.02
_SHOW_EVERY_S = 5.0


class Deliverer:
    """Any number of processes work one table. Each keeps to its room: in all, for each tenant, for
    each receiver, so that one who is slow holds up nobody else.

    When it is stopped it takes nothing more, and what is in work may end within one attempt's time.
    """

    def __init__(
        self,
        *,
        deliveries: DeliveryStore,
        send: SendDelivery | None,
        settings: WebhookSettings,
        hold: Hold,
        metrics: Metrics,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._deliveries = deliveries
        self._send = send
        self._settings = settings
        self._hold = hold
        self._metrics = metrics
        self._tracer = tracer
        self._in_work: dict[asyncio.Task[None], Receiver] = {}
        self._show_at = 0.0

    async def run(self) -> None:
        """For ever. Without a secret to sign with nothing is sent: what waits goes on waiting."""
        if self._send is None:
            _log.warning("webhooks_off", remedy="set ANALYZER_WEBHOOKS__MASTER_SECRET")
            await asyncio.Event().wait()
            return
        try:
            while True:
                await self.look(self._send)
                await self._pause()
        finally:
            await self._end()

    async def look(self, send: SendDelivery) -> int:
        """Begin what there is room for; how many that were."""
        room = self._room()
        if room.total == 0:
            return 0
        claims = await self._hold.until_done(lambda: self._claim(room))
        for claim in claims:
            task = asyncio.create_task(self._deliver(send, claim))
            self._in_work[task] = (claim.tenant_id, claim.receiver)
            task.add_done_callback(self._in_work.pop)
        await self._show_the_oldest()
        return len(claims)

    async def _claim(self, room: Room) -> list[Claim]:
        lease = timedelta(seconds=self._settings.lease_s)
        try:
            return await self._deliveries.claim(room, lease=lease)
        except TRANSIENT_ERRORS as error:
            _log.warning("deliveries_postponed", error=str(error)[:300])
            return []

    async def _show_the_oldest(self) -> None:
        """After the claims are begun: a gauge that cannot be read costs them no lease."""
        now = asyncio.get_running_loop().time()
        if now < self._show_at:
            return
        self._show_at = now + _SHOW_EVERY_S
        try:
            oldest = await self._deliveries.oldest_due()
        except StorageError as error:
            _log.warning("deliveries_postponed", error=str(error)[:300])
            return
        self._metrics.webhook_oldest_seconds.set(oldest.total_seconds())

    async def _deliver(self, send: SendDelivery, claim: Claim) -> None:
        with delivering(self._tracer, claim) as span:
            try:
                attempt, verdict = await send(claim)
                is_noted = await self._hold.until_done(lambda: self._note(claim, attempt, verdict))
            except Exception as error:  # noqa: BLE001 - its lease ends, and it comes again
                _log.warning("delivery_not_noted", error=f"{type(error).__name__}: {error}"[:300])
                span.fail("not_noted")
                return
            span.note({"analyzer.outcome": verdict.state})
        outcome = "again" if verdict.state == "pending" else verdict.state
        self._metrics.webhook_deliveries.labels(outcome if is_noted else "overtaken").inc()

    async def _note(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        is_noted = await self._deliveries.finish(claim, attempt, verdict)
        _log.info(
            "webhook_attempted", receiver=claim.receiver, number=attempt.number,
            status=attempt.status, error=attempt.error, state=verdict.state, noted=is_noted,
        )  # fmt: skip
        return is_noted

    def _room(self) -> Room:
        settings = self._settings
        return Room(
            total=settings.max_in_flight - len(self._in_work),
            per_tenant=settings.max_per_tenant,
            per_receiver=settings.max_per_receiver,
            busy=Counter(self._in_work.values()),
        )

    async def _pause(self) -> None:
        """Until the next look, or until something in work has ended and made room."""
        if not self._in_work:
            await asyncio.sleep(self._settings.poll_every_s)
            return
        await asyncio.wait(
            self._in_work, timeout=self._settings.poll_every_s,
            return_when=asyncio.FIRST_COMPLETED,
        )  # fmt: skip
        await asyncio.sleep(_GATHER_S)  # what ends together is replaced by one statement

    async def _end(self) -> None:
        tasks = list(self._in_work)
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=self._settings.timeout_s + 1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

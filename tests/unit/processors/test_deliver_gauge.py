"""The age of the oldest delivery is shown beside the work, never instead of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

from outbound.settings import WebhookSettings
from processors.deliver import Deliverer
from processors.deliver_send import DELIVERED, SendDelivery
from processors.hold import Hold
from processors.pulse import Pulse
from storage.deliveries import Attempt, Claim, DeliveryStore, Room, TenantSecrets, Verdict
from storage.errors import TransientStorageError
from telemetry.metrics import Metrics


class WithoutItsGauge:
    """Has one delivery to give, and cannot say how old the oldest is."""

    def __init__(self) -> None:
        self.finished: asyncio.Queue[int] = asyncio.Queue()

    async def claim(self, room: Room, *, lease: timedelta) -> list[Claim]:
        del room, lease
        return [
            Claim(
                tenant_id="acme", request_id=uuid4(), event="image-analyzed",
                url="https://example.com/", receiver="example.com", number=1, waited=timedelta(),
                secrets=TenantSecrets(), accepted_at=None, outcome=None,
            )
        ]  # fmt: skip

    async def finish(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        del claim, verdict
        self.finished.put_nowait(attempt.number)
        return True

    async def oldest_due(self) -> timedelta:
        raise TransientStorageError("statement timeout")


async def sent(claim: Claim) -> tuple[Attempt, Verdict]:
    now = datetime.now(UTC)
    attempt = Attempt(
        number=claim.number, event=claim.event, at=now, status=204, error=None, took_ms=1
    )
    return attempt, DELIVERED


async def test_a_gauge_that_cannot_be_read_costs_no_claim_its_lease() -> None:
    store, metrics = WithoutItsGauge(), Metrics()
    send = cast("SendDelivery", sent)
    deliverer = Deliverer(
        deliveries=cast("DeliveryStore", store),
        send=send,
        settings=WebhookSettings(),
        hold=Hold(Pulse("deliver"), metrics, probe_every_s=0.01),
        metrics=metrics,
    )
    assert await deliverer.look(send) == 1
    async with asyncio.timeout(5):
        assert await store.finished.get() == 1

"""What goes wrong beside the sending of a delivery costs neither that nor the next one."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

import pytest
from structlog.typing import EventDict

from outbound.settings import WebhookSettings
from processors.deliver import Deliverer
from processors.deliver_send import DELIVERED, SendDelivery
from processors.hold import Hold
from processors.pulse import Pulse
from storage.deliveries import Attempt, Claim, DeliveryStore, Room, TenantSecrets, Verdict
from storage.errors import TransientStorageError
from telemetry.metrics import Metrics
from tests.support.eventually import eventually


class Poor:
    """Has one delivery to give, cannot say how old the oldest is, and may not be able to note."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.finished: asyncio.Queue[int] = asyncio.Queue()
        self._refusal = refusal

    async def claim(self, room: Room, *, lease: timedelta) -> list[Claim]:
        del room, lease
        return [
            Claim(
                tenant_id="acme", request_id=uuid4(), event="image-analyzed",
                url="https://example.com/", receiver="example.com", number=1, tries=1,
                waited=timedelta(), secrets=TenantSecrets(), accepted_at=None, outcome=None,
            )
        ]  # fmt: skip

    async def finish(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        del claim, verdict
        self.finished.put_nowait(attempt.number)
        if self._refusal is not None:
            raise self._refusal
        return True

    async def oldest_due(self) -> timedelta:
        raise TransientStorageError("statement timeout")


async def sent(claim: Claim) -> tuple[Attempt, Verdict]:
    now = datetime.now(UTC)
    attempt = Attempt(
        number=claim.number, event=claim.event, at=now, status=204, error=None, took_ms=1
    )
    return attempt, DELIVERED


SEND = cast("SendDelivery", sent)


def deliverer_of(store: Poor) -> Deliverer:
    metrics = Metrics()
    return Deliverer(
        deliveries=cast("DeliveryStore", store),
        send=SEND,
        settings=WebhookSettings(),
        hold=Hold(Pulse("deliver"), metrics, probe_every_s=0.01),
        metrics=metrics,
    )


async def test_a_gauge_that_cannot_be_read_costs_no_claim_its_lease() -> None:
    store = Poor()
    assert await deliverer_of(store).look(SEND) == 1
    async with asyncio.timeout(5):
        assert await store.finished.get() == 1


@pytest.mark.parametrize(
    "refusal", [TransientStorageError("statement timeout"), ValueError("not storable")]
)
async def test_a_note_that_is_refused_is_told_and_the_next_is_sent(
    refusal: Exception, log: list[EventDict]
) -> None:
    store = Poor(refusal)
    deliverer = deliverer_of(store)
    for _ in range(2):
        assert await deliverer.look(SEND) == 1
    told = f"{type(refusal).__name__}: {refusal}"
    await eventually(lambda: [each["error"] for each in log].count(told) == 2)

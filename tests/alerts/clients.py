"""Listeners that take nothing, and receivers that refuse or keep silent."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Final

from tests.alerts.fault import Fault, alert
from tests.alerts.stage import Stage
from tests.support.webhook_receiver import OK, Answering, Receiver, status

_LISTENERS: Final = 12
_RECEIVE_BYTES: Final = 4096
_SEGMENT_BYTES: Final = 536
_OUTCOMES: Final = 250
_WEBHOOKS: Final = 8


@contextlib.asynccontextmanager
async def _takes_nothing(stage: Stage) -> AsyncIterator[None]:
    """Each asks once for everything since the beginning, and reads none of it."""
    for _ in range(_OUTCOMES):
        await stage.upload()
    with contextlib.ExitStack() as stack:
        for _ in range(_LISTENERS):
            deaf = stack.enter_context(contextlib.closing(socket.socket()))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
            # Else the kernel of the sender keeps megabytes for it.
            deaf.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT_BYTES)
            deaf.connect(("127.0.0.1", stage.rig.api.port))
            deaf.sendall(_request(stage))
        yield


def _request(stage: Stage) -> bytes:
    return (
        f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stage.api_key}\r\n"
        f"Last-Event-ID: {stage.first_event}\r\n\r\n"
    ).encode()


@contextlib.asynccontextmanager
async def _receiver_refuses(stage: Stage) -> AsyncIterator[None]:
    async with Receiver(status(503)) as far:
        await stage.upload(callback_url=far.url())
        await far.wait_for(2, within_s=30)
        yield


@contextlib.asynccontextmanager
async def _receiver_silent(stage: Stage) -> AsyncIterator[None]:
    """It takes every request and answers none, until it is healed: then it answers all."""
    is_healed = asyncio.Event()
    async with Receiver(_silent_until(is_healed)) as far:
        for _ in range(_WEBHOOKS):
            await stage.upload(callback_url=far.url())
        try:
            yield
        finally:
            is_healed.set()
            await _none_is_due(stage)


def _silent_until(is_healed: asyncio.Event) -> Answering:
    async def answer(writer: asyncio.StreamWriter) -> None:
        await is_healed.wait()
        await OK(writer)

    return answer


async def _none_is_due(stage: Stage) -> None:
    """The receiver stays open that long."""
    await stage.watch.until_inactive("WebhooksAge", {}, within_s=60)


TAKES_NOTHING = Fault(
    f"{_LISTENERS} listeners that ask for everything and read nothing",
    (alert("StreamsCutOff"),), _takes_nothing,
)  # fmt: skip
RECEIVER_REFUSES = Fault(
    "a receiver of webhooks that answers 503", (alert("WebhooksGivenUp"),), _receiver_refuses,
    clears_within_s=200,
)  # fmt: skip
RECEIVER_SILENT = Fault(
    f"a receiver of webhooks that never answers, {_WEBHOOKS} due",
    (alert("WebhooksAge"),), _receiver_silent,
)  # fmt: skip

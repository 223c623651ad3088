"""Why a stream ended is counted as it was, also where the connection ended it."""

from collections.abc import AsyncGenerator
from contextlib import ExitStack

import pytest
from starlette.types import Message

from ingest_api.arrival import Arrival, set_arrival
from ingest_api.mailbox import Mailbox
from ingest_api.sse import EventStream
from telemetry.metrics import Metrics


async def frames_of(mailbox: Mailbox) -> AsyncGenerator[bytes, None]:
    while await mailbox.next(5) is None:
        yield b": ping\n\n"


@pytest.mark.parametrize(("is_cut_off", "why"), [(True, "stalled"), (False, "gone")])
async def test_a_client_that_the_connection_cut_off_is_not_just_gone(
    *, is_cut_off: bool, why: str
) -> None:
    metrics, mailbox = Metrics("api"), Mailbox(5)
    stream = EventStream(
        frames_of(mailbox), mailbox=mailbox, held=ExitStack(), send_timeout_s=5,
        metrics=metrics,
    )  # fmt: skip
    scope: dict[str, object] = {"type": "http"}
    set_arrival(scope, Arrival(is_cut_off=is_cut_off))

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        """Takes everything."""

    await stream(scope, receive, send)
    counted = "analyzer_sse_streams_ended_total"
    assert metrics.registry.get_sample_value(counted, {"why": why}) == 1

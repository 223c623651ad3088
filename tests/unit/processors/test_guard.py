"""Acknowledged in order, after every effect, and never otherwise: the guard on a stream of ours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from processors.guard import Guard, GuardBrokenError, to_record
from processors.settlement import Settlement
from schemas.contract import RequestEvent
from tests.support.events import TRACEPARENT, image_submitted
from tests.support.eventually import eventually
from tests.unit.processors.bench import Bench
from topics.catalog import IMAGE_SUBMITTED
from topics.codec import Envelope, encode


@dataclass(eq=False)
class Message:
    """As Faust hands one over, with seconds instead of milliseconds."""

    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    topic: str = IMAGE_SUBMITTED.name
    partition: int = 0
    timestamp: float = 1_772_366_400.251


@dataclass
class Event:
    message: Message


@dataclass
class Stream:
    waiting: asyncio.Queue[Message | None] = field(default_factory=asyncio.Queue)

    async def noack_take(self, most: int, within: float | None) -> AsyncIterator[list[Event]]:
        assert (most, within) == (1, None), "anything else wakes up for nothing, or loses"
        while (message := await self.waiting.get()) is not None:
            yield [Event(message)]


class App:
    """The part of a Faust application that the guard touches."""

    def __init__(self) -> None:
        self.should_stop = False
        self.consumer = self
        self.acknowledged: list[int] = []
        self.options: dict[str, Any] = {}

    def topic(self, name: str, **options: Any) -> str:
        self.options |= options
        return name

    def agent(self, channel: str, **options: Any) -> Callable[[Any], None]:
        assert channel == IMAGE_SUBMITTED.name
        self.options |= options
        return lambda consume: None

    def acknowledge(self, message: Message) -> None:
        self.acknowledged.append(message.offset)


class Handler:
    """Each message waits until it is let go, or fails as it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.may_end: dict[str, asyncio.Event] = {}

    async def __call__(self, envelope: Envelope) -> None:
        assert isinstance(envelope.event, RequestEvent)
        key = envelope.event.key
        self.begun.append(key)
        await self.may_end.setdefault(key, asyncio.Event()).wait()


class Rig:
    def __init__(self, bench: Bench, *, prefetch: int = 3) -> None:
        self.stream, self.app, self.handler = Stream(), App(), Handler()
        self.settlement = bench.settlement(self.handler)
        self.guard = Guard(IMAGE_SUBMITTED, self.settlement, prefetch=prefetch)
        self.guard.attach(self.app)
        self.keys: list[str] = []

    def start(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.guard.consume(self.stream))

    def feed(self, count: int) -> None:
        for _ in range(count):
            event = image_submitted()
            out = encode(event, IMAGE_SUBMITTED, source="test", traceparent=TRACEPARENT)
            headers = tuple((name, value or b"") for name, value in out.headers)
            message = Message(len(self.keys), out.key or b"", out.value or b"", headers)
            self.keys.append(event.key)
            self.stream.waiting.put_nowait(message)

    def let_go(self, *offsets: int) -> None:
        for offset in offsets:
            self.handler.may_end.setdefault(self.keys[offset], asyncio.Event()).set()

    async def until_begun(self, count: int) -> None:
        await eventually(lambda: len(self.handler.begun) >= count, within_s=5)

    async def settle_down(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
def rig(bench: Bench) -> Rig:
    return Rig(bench)


async def test_acknowledgements_keep_the_order_whatever_ends_first(rig: Rig) -> None:
    work = rig.start()
    rig.feed(3)
    await rig.until_begun(3)
    rig.let_go(2, 1)
    await rig.settle_down()
    assert rig.app.acknowledged == []
    rig.let_go(0)
    await eventually(lambda: rig.app.acknowledged == [0, 1, 2])
    work.cancel()


async def test_no_more_is_in_work_than_the_prefetch(rig: Rig) -> None:
    work = rig.start()
    rig.feed(10)
    await rig.until_begun(3)
    rig.let_go(1, 2)
    await rig.settle_down()
    assert len(rig.handler.begun) == 3, "room comes back with the acknowledgement"
    rig.let_go(*range(10))
    await eventually(lambda: rig.app.acknowledged == list(range(10)))
    work.cancel()


async def test_when_it_is_cancelled_nothing_more_is_acknowledged(rig: Rig) -> None:
    work = rig.start()
    rig.feed(3)
    await rig.until_begun(3)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    rig.let_go(0, 1, 2)
    await rig.settle_down()
    assert rig.app.acknowledged == []
    assert rig.settlement.pulse.in_flight == 0


async def test_a_settlement_that_raises_ends_the_guard_though_no_message_comes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Settlement, record: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Settlement, "settle", broken)
    work = rig.start()
    rig.feed(1)
    with pytest.raises(GuardBrokenError):
        await asyncio.wait_for(work, 5)
    assert rig.app.acknowledged == []


async def test_work_that_somebody_else_cancels_is_not_taken_for_done(rig: Rig) -> None:
    work = rig.start()
    rig.feed(2)
    await rig.until_begun(2)
    rig.let_go(1)
    for task in tuple(rig.guard._working):
        task.cancel()
    with pytest.raises(GuardBrokenError):
        await asyncio.wait_for(work, 5)
    assert rig.app.acknowledged == []


async def test_a_stream_that_ends_with_the_application_is_no_error(rig: Rig) -> None:
    work = rig.start()
    rig.app.should_stop = True
    rig.stream.waiting.put_nowait(None)
    await asyncio.wait_for(work, 5)


async def test_a_stream_that_ends_by_itself_stops_the_worker(rig: Rig) -> None:
    work = rig.start()
    rig.stream.waiting.put_nowait(None)
    with pytest.raises(GuardBrokenError, match="the stream ended"):
        await asyncio.wait_for(work, 5)


async def test_what_is_given_up_is_not_acknowledged_nor_what_was_taken_with_it(rig: Rig) -> None:
    """Also not the one that was done already but stood behind one that was not."""
    work = rig.start()
    rig.feed(5)
    await rig.until_begun(3)
    rig.let_go(1)
    await rig.settle_down()
    rig.guard.give_up()
    await rig.settle_down()
    assert rig.app.acknowledged == []
    assert len(rig.handler.begun) == 3, "what still comes is dropped, too"
    assert rig.settlement.pulse.in_flight == 0

    rig.guard.begin()
    rig.feed(1)
    rig.let_go(5)
    await eventually(lambda: rig.app.acknowledged == [5])
    assert not work.done()
    work.cancel()


async def test_a_message_that_waited_for_room_when_all_was_given_up_is_dropped(rig: Rig) -> None:
    """Worked after the next assignment, it would be acknowledged past those given up."""
    work = rig.start()
    rig.feed(4)
    await rig.until_begun(3)
    await rig.settle_down()
    rig.guard.give_up()
    rig.guard.begin()
    await rig.settle_down()
    assert rig.keys[3] not in rig.handler.begun
    work.cancel()


async def test_a_hold_shows(rig: Rig) -> None:
    assert not rig.guard.is_held
    rig.settlement.pulse.hold("bucket")
    assert rig.guard.is_held


def test_a_record_has_the_logs_milliseconds_again() -> None:
    for milliseconds in range(1_772_366_400_000, 1_772_366_401_000):
        message = Message(7, b"k", b"v", (("a", b"1"), ("a", b"2")), timestamp=milliseconds / 1000)
        record = to_record(message)
        assert record.timestamp_ms == milliseconds
    assert record.headers == (("a", b"1"), ("a", b"2"))
    assert record.place == "image-submitted[0]@7"


async def test_bytes_stay_bytes_and_a_crash_is_a_crash(rig: Rig) -> None:
    assert rig.app.options["value_serializer"] == "raw"
    assert rig.app.options["key_serializer"] == "raw"
    assert rig.app.options["supervisor_strategy"].__name__ == "CrashingSupervisor"

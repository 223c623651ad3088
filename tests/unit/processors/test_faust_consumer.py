"""What counts as acknowledged, and how a consumer stops when there is no broker any more."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from faust.transport.drivers import aiokafka as driver

from processors import faust_consumer
from processors.faust_consumer import GuardedConsumer, StoppingThread
from tests.support.within import crowd


class Acking(GuardedConsumer):
    """Only what `ack` and `acknowledge` need."""

    def __init__(self, generation: int) -> None:
        self.app = SimpleNamespace(
            consumer_generation_id=generation,
            topics=SimpleNamespace(acks_enabled_for=lambda topic: True),
        )
        self._committed_offset: dict[str, int | None] = {"tp": None}
        self._acked_index: dict[str, set[int]] = {"tp": set()}
        self._acked: dict[str, list[int]] = {"tp": []}
        self._unacked_messages: set[object] = set()
        self._waiting_for_ack = None
        self._n_acked = 0


@dataclass(eq=False)
class Message:
    generation_id: int
    acked: bool = False
    tp: str = "tp"
    topic: str = "t"
    offset: int = 7


def test_what_faust_acknowledges_by_itself_does_not_count() -> None:
    consumer = Acking(generation=4)
    assert consumer.ack(Message(4)) is False
    assert consumer._acked == {"tp": []}


def test_the_guards_acknowledgement_counts_in_the_assignment_it_was_read_under() -> None:
    consumer = Acking(generation=4)
    consumer.acknowledge(Message(3))
    assert consumer._acked == {"tp": []}
    consumer.acknowledge(Message(4))
    assert consumer._acked == {"tp": [7]}


class Application:
    def __init__(self) -> None:
        self._stopped = asyncio.Event()


class Committing(GuardedConsumer):
    """Its commits end when the broker is back."""

    def __init__(self) -> None:
        self.app = Application()


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set while there is one."""
    is_up = asyncio.Event()

    async def commit(self: object, offsets: Mapping[object, int]) -> bool:
        await is_up.wait()
        if -1 in offsets.values():
            raise ValueError("no such offset")
        return True

    monkeypatch.setattr(driver.Consumer, "_commit", commit)
    monkeypatch.setattr(faust_consumer, "_LAST_COMMIT_S", 0.05)
    return is_up


async def test_a_commit_waits_for_the_broker_while_the_application_runs(
    broker: asyncio.Event,
) -> None:
    commit = asyncio.create_task(Committing()._commit({"tp": 7}))
    done, _ = await asyncio.wait({commit}, timeout=0.2)
    assert not done
    broker.set()
    assert await commit


async def test_a_commit_is_given_up_soon_after_the_application_was_stopped(
    broker: asyncio.Event,
) -> None:
    del broker
    consumer = Committing()
    commit = asyncio.create_task(consumer._commit({"tp": 7}))
    await asyncio.sleep(0)
    consumer.app._stopped.set()
    assert await asyncio.wait_for(commit, 5) is False
    assert await asyncio.wait_for(consumer._commit({"tp": 7}), 5) is False
    assert len(asyncio.all_tasks()) == 1, "nothing is left behind"


async def test_the_error_of_a_commit_is_raised(broker: asyncio.Event) -> None:
    broker.set()
    with pytest.raises(ValueError, match="no such offset"):
        await Committing()._commit({"tp": -1})


@pytest.mark.parametrize("fault", ["hangs", "is cancelled", "fails", "ends"])
async def test_a_client_that_does_not_close_keeps_nobody(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def close(self: object) -> None:
        if fault == "hangs":
            await asyncio.Event().wait()
        elif fault == "is cancelled":
            raise asyncio.CancelledError
        elif fault == "fails":
            raise OSError("connection lost")

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "on_thread_stop", close)
    monkeypatch.setattr(faust_consumer, "_CLOSE_S", 0.05)
    began = time.monotonic()
    await StoppingThread.on_thread_stop(object.__new__(StoppingThread))
    assert time.monotonic() - began < 2 * crowd()

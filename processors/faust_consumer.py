"""Faust's consumer, made to commit only what the guard has settled, and to stop without a broker.

Left to itself it counts a message as done also when the stream skipped it around a rebalance: in a
partition that has not committed anything yet, everything before that message would be lost.
"""

import asyncio
from collections.abc import Mapping

from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP, Message

from telemetry.logs import get_logger
from topics.tolerant import read_tolerantly

_log = get_logger(__name__)
_LAST_COMMIT_S = 2.0
_CLOSE_S = 3.0


class GuardedConsumer(driver.Consumer):  # type: ignore[misc]  # Faust has no types
    """Its `ack`, which Faust calls by itself, changes nothing; `acknowledge` is for the guard."""

    def ack(self, message: Message) -> bool:
        del message
        return False

    def acknowledge(self, message: Message) -> None:
        """Done, with all effects confirmed; to be called in the order of the partition. What was
        read under an earlier assignment does not count: whoever has the partition reads it anew."""
        if message.generation_id == self.app.consumer_generation_id:
            super().ack(message)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Faust's, but once the application stops it is waited for no more than two seconds: while
        the broker is gone the client tries for ever. What is not committed is worked again."""
        commit = asyncio.ensure_future(super()._commit(offsets))
        stop = asyncio.ensure_future(
            self.app._stopped.wait()  # noqa: SLF001 - the public wait leaves tasks behind
        )
        await asyncio.wait({commit, stop}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({commit}, timeout=_LAST_COMMIT_S)
        stop.cancel()
        if not commit.done():
            _log.warning("commit_given_up", offsets=len(offsets))
            commit.cancel()
            return False
        return bool(commit.result())


class StoppingThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust has no types
    """Its client reads whatever strangers have written. While the broker is gone it may hang as it
    closes, or raise a cancellation that nobody asked for: either would keep the whole process from
    ending."""

    async def on_start(self) -> None:
        await super().on_start()
        read_tolerantly(self._consumer)

    async def on_thread_stop(self) -> None:
        closing = asyncio.ensure_future(super().on_thread_stop())
        await asyncio.wait({closing}, timeout=_CLOSE_S)
        if not closing.done():
            closing.cancel()
            _log.warning("client_not_closed", after_s=_CLOSE_S)
        elif not closing.cancelled() and closing.exception() is not None:
            _log.warning("client_not_closed", error=repr(closing.exception())[:300])

"""Faust's consumer, made to commit only what the guard has settled.

Left to itself it counts a message as done also when the stream skipped it around a rebalance: in a
partition that has not committed anything yet, everything before that message would be lost.
"""

from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import Message


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

"""Notices that a broker is gone or has come back with another log, which a reader that only waits
for news cannot tell from silence."""

import time
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from topics.errors import LogUnavailableError
from topics.identity import IDENTITY_PLACE

_Batches = dict[TopicPartition, list[ConsumerRecord]]


class IdentityWatch:
    """Reads the identity again every `every_s` among everything else that `consumer` reads; the
    identity topic must be assigned to it. Hole: what was read from another log in between has been
    handed on; the reader starts that log anew."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        identity: str,
        *,
        every_s: float = 3.0,
        patience_s: float = 5.0,
    ) -> None:
        self._consumer = consumer
        self._identity = identity.encode()
        self._every_s = every_s
        self._patience_s = patience_s
        self._ask()

    def take_from(self, batches: _Batches) -> None:
        """Take the identity out of what was read. Raises LogUnavailableError when it is another
        one, or has not come within `patience_s`."""
        now = time.monotonic()
        if answer := batches.pop(IDENTITY_PLACE, None):
            self._compare(answer)
            self._is_answered = True
        if not self._is_answered and now - self._asked_at > self._patience_s:
            raise LogUnavailableError(f"the broker has not answered for {self._patience_s:.0f} s")
        if self._is_answered and now - self._asked_at > self._every_s:
            self._ask()

    def _ask(self) -> None:
        self._consumer.seek(IDENTITY_PLACE, 0)
        self._asked_at = time.monotonic()
        self._is_answered = False

    def _compare(self, answer: Sequence[ConsumerRecord]) -> None:
        if answer[0].offset == 0 and answer[0].value != self._identity:
            raise LogUnavailableError("the broker came back with another log")

"""Retry topics back to their origin, each record not before its time; plain aiokafka, no Faust."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import partial

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from telemetry.logs import bound_contextvars, get_logger
from telemetry.spans import UNTRACED, Span, Tracer
from topics.catalog import RETRIES, topic_named
from topics.closing import close_client
from topics.connection import client_arguments
from topics.dead_letters import Refusal
from topics.errors import LogUnavailableError, RecordTooLargeError
from topics.identity import current_identity
from topics.own_commits import OwnCommits
from topics.publisher import EventPublisher
from topics.records import Record
from topics.refusals import explain
from topics.retries import back_to_origin, due_in_s
from topics.sealed import LargeValue, UnreadableBatch
from topics.settings import KafkaSettings
from topics.tail import to_record
from topics.tolerant import start_tolerant
from topics.tracing import taken, trace_in
from topics.whose import names_of

_log = get_logger(__name__)
_GROUP = "retrier"

Refuse = Callable[[Record, Refusal], Awaitable[None]]
"""Sets a record aside for good; confirmed when it returns."""


class DelayedForwarder:
    """At least once: committed after the origin topic has confirmed, or `refuse` has for a record
    that the origin does not take. A partition whose head is not due is paused, so that the others
    go on and the group is never left."""

    def __init__(
        self,
        settings: KafkaSettings,
        publisher: EventPublisher,
        refuse: Refuse,
        *,
        tracer: Tracer = UNTRACED,
        on_returned: Callable[[Record], None] = lambda _: None,
    ) -> None:
        self._on_returned = on_returned
        self._tracer = tracer
        self._settings = settings
        self._publisher = publisher
        self._refuse = refuse

    async def run(self) -> None:
        """For ever; reconnects when the broker was gone."""
        while True:
            consumer = AIOKafkaConsumer(
                **client_arguments(self._settings),
                group_id=_GROUP,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_interval_ms=86_400_000,
                fetch_max_wait_ms=self._settings.fetch_max_wait_ms,
            )
            try:
                await start_tolerant(consumer)
                own = OwnCommits(consumer, partial(current_identity, self._settings))
                consumer.subscribe([topic.name for topic in RETRIES], listener=own)
                while True:
                    await self._round(consumer, own)
            except LogUnavailableError as error:
                _log.warning("retries_postponed", error=str(error)[:300])
            except (KafkaError, OSError) as error:
                why = await explain(self._settings, error, "Read")
                _log.warning("retries_postponed", error=str(why)[:300])
            except Exception:  # noqa: BLE001 - no record may end the process; it is tried again
                _log.exception("retries_failed")
            finally:
                await close_client(consumer)
            await asyncio.sleep(2)

    async def _round(self, consumer: AIOKafkaConsumer, own: OwnCommits) -> None:
        batches = await consumer.getmany(timeout_ms=500)
        if not own.has_begun():
            return
        for place, messages in batches.items():
            for message in messages:
                record = to_record(message)
                wait_s = due_in_s(record)
                if wait_s > 0:
                    self._pause(consumer, place, record, wait_s)
                    break
                names = names_of(record, topic_named(record.topic))
                with self._span(record) as span, bound_contextvars(
                    trace_id=span.trace.trace_id, **names
                ):  # fmt: skip
                    await self._settle(record)
                await own.commit(place, record.offset + 1)

    def _span(self, record: Record) -> AbstractContextManager[Span]:
        return self._tracer.span(
            f"process {record.topic}",
            "consumer",
            under=trace_in(record),
            attributes=taken(record, _GROUP),
        )

    async def _settle(self, record: Record) -> None:
        refusal = _refusal(record)
        if refusal is None:
            try:
                await self._publisher.forward(back_to_origin(record))
            except RecordTooLargeError as error:
                refusal = Refusal("size_exceeded", str(error), _GROUP, attempts=1)
            else:
                self._on_returned(record)
                _log.info("retried", at=record.place)
                return
        await self._refuse(record, refusal)
        _log.warning("dead_lettered", at=record.place, reason=refusal.reason)

    def _pause(
        self, consumer: AIOKafkaConsumer, place: TopicPartition, record: Record, wait_s: float
    ) -> None:
        consumer.seek(place, record.offset)
        consumer.pause(place)
        asyncio.get_running_loop().call_later(wait_s, _resume, consumer, place)


def _refusal(record: Record) -> Refusal | None:
    """Why the record cannot go back as it is, whatever the origin takes."""
    value = record.value
    if isinstance(value, UnreadableBatch):
        return Refusal("batch_unreadable", value.detail, _GROUP, attempts=1)
    if isinstance(value, LargeValue):
        return Refusal("size_exceeded", f"{value.size_bytes} bytes", _GROUP, attempts=1)
    return None


def _resume(consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
    if place in consumer.assignment():
        consumer.resume(place)

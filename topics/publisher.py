"""The way into the log: every record confirmed by all in-sync replicas, or an error."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.errors import RecordTooLargeError as _TooLarge

from schemas.contract import RequestEvent
from telemetry.logs import get_logger
from telemetry.timing import Timing, untimed
from topics.catalog import DEAD_LETTER_BYTES, Topic, topic_of
from topics.closing import close_client
from topics.codec import encode
from topics.connection import client_arguments
from topics.errors import LogUnavailableError, RecordTooLargeError
from topics.records import OutgoingRecord
from topics.refusals import explain, explain_refusal
from topics.settings import KafkaSettings
from topics.tracing import sending

_log = get_logger(__name__)
_COOL_DOWN_S = 1.0
_REQUEST_MS = 5000
_STOP_S = 2 + _REQUEST_MS / 1000  # stop() first waits for what was sent to be given up


class EventPublisher(Protocol):
    """At least once: a record may lie in the log twice, with the same `ce_id`, and one whose
    publishing raised LogUnavailableError may still arrive."""

    async def publish(
        self, event: RequestEvent, *, topic: Topic | None = None, traceparent: str | None = None
    ) -> None:
        """Raises LogUnavailableError, RecordTooLargeError."""
        ...

    async def forward(self, record: OutgoingRecord) -> None:
        """The same for a record that is already encoded."""
        ...

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


class KafkaPublisher:
    """Starts without a broker and connects when there is one. A failure is answered within
    `budget_s`; for a second after one, the next callers are told so at once."""

    def __init__(
        self, settings: KafkaSettings, *, source: str, budget_s: float, timing: Timing = untimed
    ) -> None:
        self._timing = timing
        self._settings = settings
        self._source = source
        self._budget_s = budget_s
        self._producer: AIOKafkaProducer | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._closed_until = 0.0

    async def start(self) -> None:
        self._connecting = asyncio.create_task(self._connect())
        await asyncio.wait({self._connecting}, timeout=self._budget_s)

    async def aclose(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        if self._producer is not None:
            await close_client(self._producer, within_s=_STOP_S)

    async def publish(
        self, event: RequestEvent, *, topic: Topic | None = None, traceparent: str | None = None
    ) -> None:
        home = topic or topic_of(type(event))
        await self.forward(encode(event, home, source=self._source, traceparent=traceparent))

    async def forward(self, record: OutgoingRecord) -> None:
        with self._timing(record.topic):
            await self._forward(record)

    async def _forward(self, record: OutgoingRecord) -> None:
        if self._producer is None or time.monotonic() < self._closed_until:
            raise LogUnavailableError("the broker does not answer")
        with sending(record) as told, self._translated():
            await asyncio.wait_for(
                self._producer.send_and_wait(
                    told.topic, told.written_value, key=told.key, headers=list(told.headers)
                ),
                self._budget_s,
            )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (MessageSizeTooLargeError, _TooLarge) as error:
            raise RecordTooLargeError(str(error)) from error
        except (KafkaError, TimeoutError, OSError) as error:
            refused = explain_refusal(self._settings, error, "Write")
            if refused is not None:
                raise refused from error  # the broker does answer: other topics may go on
            self._closed_until = time.monotonic() + _COOL_DOWN_S
            raise LogUnavailableError(f"{type(error).__name__}: {error}") from error

    async def _connect(self) -> None:
        while self._producer is None:
            if not await self._connect_once():
                await asyncio.sleep(_COOL_DOWN_S)

    async def _connect_once(self) -> bool:
        producer = AIOKafkaProducer(
            **client_arguments(self._settings),
            acks="all",
            enable_idempotence=False,  # an idempotent producer never times out
            request_timeout_ms=_REQUEST_MS,
            compression_type="lz4",
            max_request_size=DEAD_LETTER_BYTES + 100_000,
        )
        try:
            await producer.start()
            self._producer = producer
        except (KafkaError, OSError) as error:
            why = await explain(self._settings, error, "Write")
            _log.warning("broker_unreachable", error=str(why)[:300])
        finally:
            if self._producer is None:  # also when cancelled half-way
                await close_client(producer)
        return self._producer is not None

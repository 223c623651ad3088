"""One message to its outcome: done, refused, retried later, or held until a dependency is back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from processors.errors import HOLD_ERRORS, TRANSIENT_ERRORS, final_code_of
from processors.hold import Hold
from processors.limit import UnexpectedLimit
from processors.pulse import Pulse
from processors.refusals import Refusals
from schemas.failures import FailureCode
from telemetry.logs import bound_contextvars, get_logger
from telemetry.metrics import Metrics
from telemetry.spans import note_here
from topics.catalog import Topic
from topics.codec import Envelope, decode
from topics.dead_letters import Refusal
from topics.errors import InvalidMessageError, LogUnavailableError, RecordTooLargeError
from topics.publisher import EventPublisher
from topics.records import Record
from topics.retries import later, rounds_so_far
from topics.whose import names_of

_log = get_logger(__name__)

Handler = Callable[[Envelope], Awaitable[None]]
Explain = Callable[[Record, InvalidMessageError], Awaitable[InvalidMessageError]]
"""What else there is to say of a record that is no event: whose it is."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Three tries within ten seconds, then one round through the retry topic, then set aside."""

    tries: int = 3
    pause_s: float = 1.0
    rounds: int = 1
    retry_delay_s: float = 20.0
    probe_every_s: float = 5.0
    limit_pause_s: float = 10.0
    limit_pause_max_s: float = 300.0


class Settlement:
    """For the messages of one topic. `settle` returns the outcome when it is confirmed, however
    long that takes, and raises nothing but cancellation."""

    def __init__(
        self,
        topic: Topic,
        handle: Handler,
        *,
        group: str,
        publisher: EventPublisher,
        refusals: Refusals,
        metrics: Metrics,
        patience: Patience,
        explain: Explain | None = None,
    ) -> None:
        self._topic = topic
        self._handle = handle
        self._group = group
        self._publisher = publisher
        self._refusals = refusals
        self._metrics = metrics
        self._patience = patience
        self._explain = explain
        self._limit = UnexpectedLimit()
        self.pulse = Pulse(topic.name)
        self._hold = Hold(self.pulse, metrics, probe_every_s=patience.probe_every_s)

    async def settle(self, record: Record) -> str:
        started = time.perf_counter()
        self._metrics.consumed.labels(self._topic.name).inc()
        self.pulse.taken()
        try:
            with bound_contextvars(**names_of(record, self._topic)):
                outcome = await self._hold.until_done(lambda: self._work(record))
        finally:
            self.pulse.settled()
        took_s = time.perf_counter() - started
        self._metrics.process_seconds.labels(self._topic.name, outcome).observe(took_s)
        return outcome

    async def _work(self, record: Record) -> str:
        try:
            failure = await self._try(record)
        except HOLD_ERRORS:
            raise
        except InvalidMessageError as error:
            return await self._invalid(record, error)
        except Exception as error:  # noqa: BLE001 - the guard is where our own errors end
            return await self._unexpected(record, error)
        if failure is not None:
            return await self._exhausted(record, failure)
        self._limit.count(unexpected=False)
        return "done"

    async def _try(self, record: Record) -> Exception | None:
        """None when it went through, else the transient error of the last try; raises all other
        errors."""
        envelope, attempt = await self._decoded(record), 0
        request_id = str(envelope.event.request_id)
        note_here({"analyzer.request_id": request_id})
        with bound_contextvars(request_id=request_id):
            while True:
                attempt += 1
                try:
                    await self._handle(envelope)
                except TRANSIENT_ERRORS as error:
                    self._metrics.attempts_failed.labels(self._topic.name).inc()
                    _log.warning(
                        "attempt_failed", at=record.place, attempt=attempt, error=str(error)
                    )
                    if attempt >= self._patience.tries:
                        return error
                else:
                    return None
                await asyncio.sleep(self._patience.pause_s * attempt)

    async def _decoded(self, record: Record) -> Envelope:
        try:
            return decode(record, self._topic)
        except InvalidMessageError as error:
            if self._explain is None:
                raise
            raise await self._explain(record, error) from None

    async def _exhausted(self, record: Record, error: Exception) -> str:
        rounds = rounds_so_far(record)
        if self._topic.has_retry and rounds < self._patience.rounds:
            again = later(record, delay_s=self._patience.retry_delay_s, rounds=rounds + 1)
            try:
                await self._publisher.forward(again)
            except RecordTooLargeError as refused:
                _log.warning("retry_refused", at=record.place, error=str(refused))
            else:
                return "retried"
        attempts = self._patience.tries * (rounds + 1)
        refusal = self._refusal("retries_exhausted", str(error), attempts, error)
        await self._refuse(record, refusal, final_code_of(error))
        return "exhausted"

    async def _invalid(self, record: Record, error: InvalidMessageError) -> str:
        self._limit.count(unexpected=False)
        refusal = self._refusal(error.reason, error.detail, 1, None)
        refusal = replace(refusal, tenant_id=error.tenant_id)
        await self._refuse(record, refusal, FailureCode.INVALID_EVENT)
        return "invalid"

    async def _unexpected(self, record: Record, error: Exception) -> str:
        _log.error("unexpected_error", at=record.place, exc_info=error)
        self._limit.count(unexpected=True)
        if self._limit.is_reached and (outcome := await self._wait_out(record)) is not None:
            return outcome
        refusal = self._refusal("internal_error", "unexpected error", 1, error)
        await self._refuse(record, refusal, FailureCode.INTERNAL_ERROR)
        return "unexpected"

    async def _wait_out(self, record: Record) -> str | None:
        """Set nothing aside, and try this record again, until it goes through or the limit is
        lifted by others that did: then the fault is its own, and the answer None."""
        pause = self._patience.limit_pause_s
        self.pulse.stopped_by_limit += 1
        try:
            while self._limit.is_reached:
                _log.error("dead_letter_limit_reached", at=record.place, next_try_s=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._patience.limit_pause_max_s)
                try:
                    has_failed = await self._try(record) is not None
                except InvalidMessageError as error:
                    return await self._invalid(record, error)
                except Exception as error:  # noqa: BLE001 - tried again, with the alarm above
                    _log.warning("still_failing", at=record.place, error=repr(error))
                else:
                    if not has_failed:
                        self._limit.reset()
                        return "done"
            return None
        finally:
            self.pulse.stopped_by_limit -= 1

    async def _refuse(self, record: Record, refusal: Refusal, code: FailureCode) -> None:
        await self._hold.until_done(lambda: self._write(record, refusal, code))
        self._metrics.dead_letters.labels(self._topic.name, refusal.reason).inc()
        _log.warning(
            "dead_lettered", at=record.place, to=self._topic.dead_letter_name,
            reason=refusal.reason, message=refusal.message,
        )  # fmt: skip

    async def _write(self, record: Record, refusal: Refusal, code: FailureCode) -> None:
        """What cannot be set aside is held, whatever the reason: it must not be dropped."""
        try:
            await self._refusals.write(record, refusal, code)
        except HOLD_ERRORS:
            raise
        except Exception as error:
            _log.exception("dead_letter_not_written", at=record.place)
            raise LogUnavailableError(f"the dead letter is refused: {error}") from error

    def _refusal(
        self, reason: str, message: str, attempts: int, error: Exception | None
    ) -> Refusal:
        name = "" if error is None else type(error).__name__
        return Refusal(reason, message, self._group, attempts, name)

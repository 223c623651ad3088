"""A dead letter back to work: what a replay of it is, and doing it."""

import asyncio
import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from processors.admit import AdmitRequest
from processors.inbox_checks import check_names
from processors.producers import Producer
from processors.record import RecordOutcome
from schemas.contract import RequestFact
from schemas.events import InboxEvent
from storage.errors import NotFoundError, ObjectTooLargeError
from storage.ports import AnalysisStore, ImageStore, ReplayRefusedError
from telemetry.spans import UNTRACED, Tracer
from telemetry.traces import here_as_traceparent
from topics.catalog import RESULTS, work_topic
from topics.codec import decode, request_named_by
from topics.dead_letters import parked_key
from topics.errors import InvalidMessageError, RecordTooLargeError
from topics.letters import MOST_REPLAYS, DeadLetter
from topics.publisher import EventPublisher
from topics.records import Record
from topics.tracing import trace_in, without_trace

_LARGEST = 64_000_000


class Replayer:
    """A request becomes a new request that names the old one; a refused outcome is recorded, and
    never written to the public topic again; a stranger's request is admitted under its own id; a
    record that names no request goes back to its topic. More than three replays are refused.

    `replay` may be repeated: whatever it did before is not done twice.
    """

    def __init__(
        self,
        *,
        analyses: AnalysisStore,
        images: ImageStore,
        publisher: EventPublisher,
        admission: AdmitRequest,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        lives_for: timedelta,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._analyses = analyses
        self._images = images
        self._publisher = publisher
        self._admission = admission
        self._record = RecordOutcome(analyses)
        self._clock = clock
        self._new_id = new_id
        self._lives_for = lives_for
        self._tracer = tracer

    async def replay(self, letter: DeadLetter, *, tenant_id: str = "") -> UUID | None:
        """The request that is worked again; None for a record that names none. `tenant_id` is for
        an inbox record whose credential was not good: the operator vouches for it.

        What it does is a trace of its own, linked to the one in which it failed.

        Raises ReplayRefusedError, and what the stores and the log raise.
        """
        then = trace_in(letter.record)
        links = () if then is None else (then,)
        with self._tracer.span("replay", "internal", under=None, links=links):
            return await self._replay(letter, tenant_id)

    async def _replay(self, letter: DeadLetter, tenant_id: str) -> UUID | None:
        if letter.about("content"):
            raise ReplayRefusedError("its batch cannot be read; produce its records anew")
        if letter.origin.is_inbox:
            if letter.tenant_id and tenant_id not in {"", letter.tenant_id}:
                raise ReplayRefusedError(f"its credential was good, and is {letter.tenant_id}'s")
            return await self._admit(letter, letter.tenant_id or tenant_id)
        if letter.origin in RESULTS:
            return await self._record_outcome(letter)
        return await self._work_again(letter)

    async def _work_again(self, letter: DeadLetter) -> UUID | None:
        named = request_named_by(letter.record)
        if named is None:
            await self._send_back(letter)
            return None
        new_id, now = self._new_id(), self._clock()
        try:
            made = await self._analyses.accept_replay(
                named.tenant_id, named.request_id,
                as_id=new_id, at=now, deadline_at=now + self._lives_for,
                traceparent=here_as_traceparent(),
            )  # fmt: skip
        except NotFoundError:
            await self._send_back(letter)
            return None
        except ReplayRefusedError as refused:
            return await self._made_before(letter, named, refused)
        await self._publisher.publish(made.request, topic=work_topic(type(made.request), made.lane))
        return new_id

    async def _made_before(
        self, letter: DeadLetter, named: RequestFact, refused: ReplayRefusedError
    ) -> UUID:
        """The replay of an earlier try that ended before it was noted; it is announced by the
        sweeper if it was not. Raises the refusal when there is none of this letter."""
        known = await self._analyses.find(named.tenant_id, named.request_id)
        made = known.replayed_as if known is not None else None
        again = None if made is None else await self._analyses.find(named.tenant_id, made)
        if made is None or again is None or again.request.accepted_at < letter.failed_at:
            raise refused
        return made

    async def _send_back(self, letter: DeadLetter) -> None:
        if letter.replays >= MOST_REPLAYS:
            raise ReplayRefusedError(f"it was replayed {letter.replays} times already")
        try:
            sent_back = without_trace(letter.original(await self._value(letter)))
            await self._publisher.forward(sent_back)
        except RecordTooLargeError as error:
            raise ReplayRefusedError(f"{letter.origin.name} does not take it: {error}") from None

    async def _record_outcome(self, letter: DeadLetter) -> UUID:
        envelope = decode(await self._as_it_was(letter), letter.origin)
        await self._record(envelope)
        return envelope.event.request_id

    async def _admit(self, letter: DeadLetter, tenant_id: str) -> UUID:
        if not tenant_id:
            raise ReplayRefusedError("nobody vouches for its producer: name the tenant")
        envelope = decode(await self._as_it_was(letter), letter.origin)
        event = envelope.event
        if not isinstance(event, InboxEvent) or envelope.claims is None:
            raise TypeError(f"expected an inbox event, got {type(event).__name__}")
        check_names(event, envelope.claims, tenant_id)
        producer = Producer(tenant_id, "operator")
        await self._admission.admit(event, producer, traceparent=here_as_traceparent())
        return event.request_id

    async def _as_it_was(self, letter: DeadLetter) -> Record:
        was = letter.original(await self._value(letter))
        at = letter.record
        return Record(
            letter.origin.name, at.partition, at.offset, at.timestamp_ms,
            was.key, was.value, was.headers,
        )  # fmt: skip

    async def _value(self, letter: DeadLetter) -> bytes | None:
        """From the bucket when the dead-letter topic did not take it."""
        key = parked_key(letter.record)
        if key is None:
            return letter.record.value
        try:
            packed = await self._images.get(key, max_bytes=_LARGEST)
            return await asyncio.to_thread(gzip.decompress, packed)
        except (NotFoundError, ObjectTooLargeError, OSError, EOFError) as error:
            raise ReplayRefusedError(f"what was parked as {key} cannot be had: {error}") from None


def reason_of(error: InvalidMessageError | ReplayRefusedError) -> str:
    """Why a letter was not replayed, in words for the operator."""
    if isinstance(error, InvalidMessageError):
        return f"it would be refused again: {error.reason}: {error.detail}"
    return str(error)

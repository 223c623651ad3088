"""image-requested-inbox, image-submitted-inbox -> admit -> image-requested, image-submitted."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from processors.inbox_checks import InboxLimits, check_names, check_object, to_request
from processors.producers import Producer, Producers
from processors.room import InboxRoom
from schemas.events import AnalysisFailed, InboxEvent
from schemas.failures import FailureCode
from storage.errors import StoreUnavailableError
from storage.ports import Analysis, AnalysisStore, ImageStore, Pending, Request
from telemetry.logs import bound_contextvars, get_logger
from telemetry.metrics import Metrics
from telemetry.traces import here_as_traceparent
from topics.catalog import topic_of, work_topic
from topics.codec import Claims, Envelope, claims_of, request_id_in, trace_of
from topics.errors import InvalidMessageError
from topics.publisher import EventPublisher
from topics.records import Record

_log = get_logger(__name__)


class AdmitRequest:
    """Does for a record of an inbox what the API does for a request: credential, checks, row,
    announcement; the credential goes no further. A repeat of a request is announced again while it
    has no outcome, and changes nothing else.

    What is refused becomes a dead letter. A producer that is known is also told by
    `analysis-failed`, unless its id names a request that was accepted.
    """

    def __init__(
        self,
        *,
        producers: Producers,
        images: ImageStore,
        analyses: AnalysisStore,
        publisher: EventPublisher,
        room: InboxRoom,
        limits: InboxLimits,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._producers = producers
        self._images = images
        self._analyses = analyses
        self._publisher = publisher
        self._room = room
        self._limits = limits
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, envelope: Envelope) -> None:
        event = envelope.event
        if not isinstance(event, InboxEvent) or envelope.claims is None:
            raise TypeError(f"expected an inbox event, got {type(event).__name__}")
        inbox = topic_of(type(event)).name
        try:
            producer = await self._producers.identify(envelope.claims, inbox)
        except InvalidMessageError as error:
            self._metrics.inbox_refused.labels("unknown", error.reason).inc()
            raise
        with bound_contextvars(tenant_id=producer.tenant_id):
            await self._admit_of(event, envelope.claims, producer, envelope.traceparent)

    async def _admit_of(
        self, event: InboxEvent, claims: Claims, producer: Producer, traceparent: str | None
    ) -> None:
        try:
            check_names(event, claims, producer.tenant_id)
            await self.admit(event, producer, traceparent=traceparent)
        except InvalidMessageError as error:
            told = await self._refused(event.request_id, producer, error, traceparent)
            raise told from None

    async def explain(self, record: Record, error: InvalidMessageError) -> InvalidMessageError:
        """For a record that is no event of the contract: counted for whoever wrote it, who is told
        when the record says which request it means. Raises StoreUnavailableError and
        LogUnavailableError."""
        try:
            producer = await self._producers.identify(claims_of(record), record.topic)
        except InvalidMessageError:
            self._metrics.inbox_refused.labels("unknown", error.reason).inc()
            return error
        return await self._refused(request_id_in(record), producer, error, trace_of(record))

    async def admit(
        self, event: InboxEvent, producer: Producer, *, traceparent: str | None
    ) -> None:
        """Accepted and announced when it returns. Raises InvalidMessageError."""
        known = await self._analyses.find(producer.tenant_id, event.request_id)
        request = to_request(event, producer.tenant_id, self._clock(), self._limits)
        if known is not None:
            request = _same_as(known, request, has_deadline=event.deadline_at is not None)
        else:
            await self._room.check()
            await check_object(request, self._images, self._limits)
            known = await self._accepted(request, event)
            request = known.request
        if isinstance(known.outcome, Pending):
            topic = work_topic(type(request), known.lane)
            await self._publisher.publish(request, topic=topic, traceparent=traceparent)
        _log.info("request_admitted", key_id=producer.name)

    async def _accepted(self, request: Request, event: InboxEvent) -> Analysis:
        """As the record has it: of two records with one id, worked at once, the first stands."""
        await self._analyses.accept(request, lane=event.lane, traceparent=here_as_traceparent())
        standing = await self._analyses.find(request.tenant_id, request.request_id)
        if standing is None:
            raise StoreUnavailableError("postgres", "a row that was written cannot be read")
        _same_as(standing, request, has_deadline=event.deadline_at is not None)
        self._room.note_accepted()
        self._metrics.accepted.labels("inbox").inc()
        return standing

    async def _refused(
        self,
        request_id: UUID | None,
        producer: Producer,
        error: InvalidMessageError,
        traceparent: str | None,
    ) -> InvalidMessageError:
        if request_id is not None:
            await self._tell(request_id, producer, error, traceparent)
        self._metrics.inbox_refused.labels(producer.name, error.reason).inc()
        return InvalidMessageError(error.reason, error.detail, tenant_id=producer.tenant_id)

    async def _tell(
        self,
        request_id: UUID,
        producer: Producer,
        error: InvalidMessageError,
        traceparent: str | None,
    ) -> None:
        if await self._analyses.find(producer.tenant_id, request_id) is not None:
            return
        failed = AnalysisFailed(
            request_id=request_id, tenant_id=producer.tenant_id, accepted_at=self._clock(),
            code=FailureCode.INVALID_EVENT, message=f"{error.reason}: {error.detail}"[:1000],
            retryable=False, attempts=0,
        )  # fmt: skip
        await self._publisher.publish(failed, traceparent=traceparent)


def _same_as(known: Analysis, request: Request, *, has_deadline: bool) -> Request:
    """The request as it was accepted, when this is a repeat of it. Raises InvalidMessageError."""
    then = known.request
    own: dict[str, object] = {"accepted_at": then.accepted_at}
    if not has_deadline:
        own["deadline_at"] = then.deadline_at
    if request.model_copy(update=own) != then:
        raise InvalidMessageError("request_id_taken", "the id names a request that differs")
    return then

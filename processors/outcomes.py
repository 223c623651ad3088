"""The two terminal events of a request, and the check before a failure that may be contradicted."""

from datetime import datetime

from processors.cancellations import Cancellations
from schemas.contract import RequestFact
from schemas.events import AnalysisFailed, ImageRequested, ImageSubmitted
from schemas.failures import FailureCode
from storage.ports import AnalysisStore, Pending
from telemetry.logs import get_logger
from topics.publisher import EventPublisher

_log = get_logger(__name__)
Work = ImageRequested | ImageSubmitted


class Outcomes:
    """Publishes outcomes; each is confirmed by the log when the call returns."""

    def __init__(
        self, publisher: EventPublisher, analyses: AnalysisStore, cancelled: Cancellations
    ) -> None:
        self._publisher = publisher
        self._analyses = analyses
        self._cancelled = cancelled

    async def fail(
        self,
        request: RequestFact,
        code: FailureCode,
        message: str,
        *,
        traceparent: str | None,
        retryable: bool = False,
        attempts: int = 1,
    ) -> None:
        failed = AnalysisFailed(
            request_id=request.request_id, tenant_id=request.tenant_id,
            accepted_at=request.accepted_at, code=code, message=message[:1000],
            retryable=retryable, attempts=attempts,
        )  # fmt: skip
        await self._publisher.publish(failed, traceparent=traceparent)
        _log.info("analysis_failed", code=code.value, reason=message)

    async def fail_unless_done(
        self,
        request: RequestFact,
        code: FailureCode,
        message: str,
        *,
        traceparent: str | None,
        attempts: int = 1,
    ) -> None:
        """For a failure that only shows on a redelivery, when the outcome may be long known."""
        known = await self._analyses.find(request.tenant_id, request.request_id)
        if known is None or isinstance(known.outcome, Pending):
            await self.fail(request, code, message, traceparent=traceparent, attempts=attempts)

    def is_wanted(self, request: Work, now: datetime) -> bool:
        """Whether nobody has asked to end it and its deadline has not passed."""
        return request.key not in self._cancelled and now <= request.deadline_at

    async def end_if_unwanted(
        self, request: Work, now: datetime, *, traceparent: str | None
    ) -> bool:
        """Whether it is cancelled or late; then it has its outcome and is not worked."""
        if self.is_wanted(request, now):
            return False
        if request.key in self._cancelled:
            code, message = FailureCode.CANCELLED, "It was cancelled before there was a result."
        else:
            deadline = request.deadline_at.isoformat()
            code = FailureCode.DEADLINE_EXCEEDED
            message = f"The deadline {deadline} passed before the work was done."
        await self.fail_unless_done(request, code, message, traceparent=traceparent, attempts=0)
        return True

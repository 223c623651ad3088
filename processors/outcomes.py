"""The two terminal events of a request, and the check before a failure that may be contradicted."""

from datetime import datetime

from schemas.contract import RequestFact
from schemas.events import AnalysisFailed, ImageRequested, ImageSubmitted
from schemas.failures import FailureCode
from storage.ports import AnalysisStore, Pending
from telemetry.logs import get_logger
from topics.publisher import EventPublisher

_log = get_logger(__name__)


class Outcomes:
    """Publishes outcomes; each is confirmed by the log when the call returns."""

    def __init__(self, publisher: EventPublisher, analyses: AnalysisStore) -> None:
        self._publisher = publisher
        self._analyses = analyses

    async def fail(
        self,
        request: RequestFact,
        code: FailureCode,
        message: str,
        *,
        traceparent: str | None,
        retryable: bool = False,
    ) -> None:
        failed = AnalysisFailed(
            request_id=request.request_id, tenant_id=request.tenant_id,
            accepted_at=request.accepted_at, code=code, message=message[:1000],
            retryable=retryable, attempts=1,
        )  # fmt: skip
        await self._publisher.publish(failed, traceparent=traceparent)
        _log.info("analysis_failed", code=code.value, reason=message)

    async def fail_unless_done(
        self, request: RequestFact, code: FailureCode, message: str, *, traceparent: str | None
    ) -> None:
        """For a failure that only shows on a redelivery, when the outcome may be long known."""
        known = await self._analyses.find(request.tenant_id, request.request_id)
        if known is None or isinstance(known.outcome, Pending):
            await self.fail(request, code, message, traceparent=traceparent)

    async def expire_if_late(
        self, request: ImageRequested | ImageSubmitted, now: datetime, *, traceparent: str | None
    ) -> bool:
        """Whether the deadline has passed; then the request has its outcome and is not worked."""
        if now <= request.deadline_at:
            return False
        message = f"The deadline {request.deadline_at.isoformat()} passed before the work began."
        await self.fail_unless_done(
            request, FailureCode.DEADLINE_EXCEEDED, message, traceparent=traceparent
        )
        return True

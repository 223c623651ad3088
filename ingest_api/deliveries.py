"""GET /api/v1/analyses/{request_id}/deliveries: how telling the outcome to its callback went."""

from fastapi import Request
from starlette.responses import Response

from ingest_api.errors import NOT_FOUND, RefusedError
from ingest_api.ids import to_request_id
from ingest_api.scope import principal_of
from schemas.http import AttemptView, DeliveryList, DeliveryView
from storage.deliveries import Attempt, Delivery, DeliveryStore
from storage.ports import AnalysisStore


class Deliveries:
    """Hole: while an attempt is made its number is counted, and the attempt not shown yet."""

    def __init__(self, *, analyses: AnalysisStore, deliveries: DeliveryStore) -> None:
        self._analyses = analyses
        self._deliveries = deliveries

    async def of_analysis(self, request: Request, request_id: str) -> Response:
        """How the outcome was posted to the `callback_url` of the analysis. The list is empty
        without a callback, and before there is an outcome. What is unknown and what is another
        tenant's is the same 404."""
        tenant_id, known_id = principal_of(request.scope).tenant_id, to_request_id(request_id)
        if await self._analyses.find(tenant_id, known_id) is None:
            raise RefusedError(refusal=NOT_FOUND)
        found = await self._deliveries.find(tenant_id, known_id)
        views = () if found is None else (_view(found),)
        body = DeliveryList(request_id=known_id, deliveries=views).to_json()
        return Response(body, media_type="application/json")


def _view(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        event=delivery.event,
        receiver=delivery.receiver,
        state=delivery.state,
        created_at=delivery.created_at,
        next_attempt_at=delivery.due_at if delivery.state == "pending" else None,
        finished_at=delivery.finished_at,
        attempts_begun=delivery.number,
        attempts=tuple(_attempt(each) for each in delivery.attempts),
    )


def _attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        number=attempt.number,
        event=attempt.event,
        at=attempt.at,
        took_ms=attempt.took_ms,
        status=attempt.status,
        error=attempt.error,
    )

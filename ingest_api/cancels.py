"""POST /api/v1/analyses/{request_id}/cancel: end an analysis that has no outcome yet."""

import contextlib
from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from starlette.responses import Response

from ingest_api.actors import noted
from ingest_api.errors import ALREADY_FINISHED, NOT_FOUND, RefusedError
from ingest_api.ids import to_request_id
from ingest_api.lookup import Found, Lookup
from ingest_api.scope import note_request_id, principal_of, trace_of
from ingest_api.views import Views
from schemas.events import CancelRequested
from storage.audit import Action, AuditLog
from storage.errors import StorageError
from storage.ports import AnalysisStore, Cancellation
from telemetry.logs import get_logger
from topics.errors import LogUnavailableError
from topics.publisher import EventPublisher

_log = get_logger(__name__)


class Cancels:
    """Noted in the record first, told to the workers second; should the second fail, the sweeper
    tells them. Only a worker decides: it may come too late, and then the outcome says so."""

    def __init__(
        self,
        *,
        lookup: Lookup,
        analyses: AnalysisStore,
        publisher: EventPublisher,
        views: Views,
        audit: AuditLog,
        clock: Callable[[], datetime],
    ) -> None:
        self._lookup = lookup
        self._analyses = analyses
        self._publisher = publisher
        self._views = views
        self._audit = audit
        self._clock = clock

    async def cancel(self, request: Request, request_id: str) -> Response:
        """Ask for an analysis to be ended. 202: the state of the analysis will say whether that
        came in time; 409 when it has an outcome already. A repeat changes nothing."""
        tenant_id = principal_of(request.scope).tenant_id
        found = await self._lookup.find(tenant_id, to_request_id(request_id))
        if found is None:
            raise RefusedError(refusal=NOT_FOUND)
        note_request_id(request.scope, found.request_id)
        if found.state != "accepted":
            raise RefusedError(
                refusal=ALREADY_FINISHED, detail=f"it is {found.state}", request_id=found.request_id
            )
        await self._tell(found, trace_of(request.scope).traceparent)
        await self._audit.note(
            Action.ANALYSIS_CANCELLED, target=str(found.request_id), **noted(request.scope)
        )
        view = self._views.accepted(found.request_id, found.state)
        headers = {"Location": view.links.self_}
        return Response(view.to_json(), 202, headers, "application/json")

    async def _tell(self, found: Found, traceparent: str) -> None:
        now = found.cancel_requested_at or self._clock()
        await self._analyses.request_cancel(found.tenant_id, found.request_id, now)
        event = CancelRequested(
            request_id=found.request_id, tenant_id=found.tenant_id, requested_at=now
        )
        try:
            await self._publisher.publish(event, traceparent=traceparent)
        except LogUnavailableError as error:
            _log.warning("cancel_not_announced", error=str(error)[:300])
            return
        told = Cancellation(found.tenant_id, found.request_id, now)
        with contextlib.suppress(StorageError):  # told again by the sweeper, which is harmless
            await self._analyses.mark_cancels_announced([told], self._clock())

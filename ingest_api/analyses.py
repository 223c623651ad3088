"""GET /api/v1/analyses/{request_id}: the state of one analysis and its outcome."""

from fastapi import Request
from starlette.responses import Response

from ingest_api.errors import NOT_FOUND, RefusedError
from ingest_api.ids import to_request_id
from ingest_api.lookup import Lookup
from ingest_api.scope import principal_of
from ingest_api.views import Views


class Analyses:
    def __init__(self, *, lookup: Lookup, views: Views) -> None:
        self._lookup = lookup
        self._views = views

    async def get(self, request: Request, request_id: str) -> Response:
        """The state of an analysis, and its result or why there is none. What is unknown and what
        is another tenant's is the same 404."""
        tenant_id = principal_of(request.scope).tenant_id
        found = await self._lookup.find(tenant_id, to_request_id(request_id))
        if found is None:
            raise RefusedError(refusal=NOT_FOUND)
        view = self._views.analysis(found)
        return Response(view.to_json(), media_type="application/json")

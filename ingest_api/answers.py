"""The answer to an accepted request: its result within the wait, else where that will be."""

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ingest_api.accept import Acceptance
from ingest_api.errors import failed_analysis
from ingest_api.live import Hub
from ingest_api.lookup import Found, Lookup, from_news
from ingest_api.mailbox import Closing, Mailbox, closed_when_gone
from ingest_api.news import News
from ingest_api.preferences import Preference
from ingest_api.scope import note_request_id, trace_of
from ingest_api.views import Views
from storage.errors import StorageError
from storage.ports import Completed, Failed, Request

_JSON = "application/json"


class Answers:
    def __init__(self, *, acceptance: Acceptance, hub: Hub, lookup: Lookup, views: Views) -> None:
        self._acceptance = acceptance
        self._hub = hub
        self._lookup = lookup
        self._views = views

    async def announce_and_answer(
        self, http: HttpRequest, request: Request, preference: Preference
    ) -> Response:
        """The request is committed. Raises RefusedError for an analysis that failed meanwhile."""
        note_request_id(http.scope, request.request_id)
        mailbox = Mailbox(1)
        with self._hub.watching(request.key, mailbox):
            await self._acceptance.announce(request, trace_of(http.scope))
            if preference.wait_s == 0:
                return self._accepted(request, "accepted", preference)
            async with closed_when_gone(http.receive, mailbox):
                news = await mailbox.next(preference.wait_s)
        found = await self._what_is_known(request, news)
        if found is None:
            return self._accepted(request, "accepted", preference)
        return self._answer(request, found, preference)

    async def _what_is_known(self, request: Request, news: News | Closing | None) -> Found | None:
        """Without news the record is asked once; if it does not answer, the promise still holds."""
        if isinstance(news, News):
            return from_news(news)
        if news is Closing.GONE:
            return None
        try:
            return await self._lookup.find(request.tenant_id, request.request_id)
        except StorageError:
            return None

    def _answer(self, request: Request, found: Found, preference: Preference) -> Response:
        outcome = found.outcome
        if isinstance(outcome, Failed):
            raise failed_analysis(request.request_id, outcome)
        if isinstance(outcome, Completed):
            return Response(
                outcome.result.to_json(), media_type=_JSON, headers=_applied(preference)
            )
        return self._accepted(request, found.state, preference)

    def _accepted(self, request: Request, state: str, preference: Preference) -> Response:
        accepted = self._views.accepted(request.request_id, state)
        headers = {"Location": accepted.links.self_, **_applied(preference)}
        return Response(accepted.to_json(), 202, headers, _JSON)


def _applied(preference: Preference) -> dict[str, str]:
    return {} if preference.applied is None else {"Preference-Applied": preference.applied}

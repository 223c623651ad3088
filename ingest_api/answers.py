"""The answer to an accepted request: its result within the wait, else where that will be."""

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ingest_api.accept import Acceptance, Accepted
from ingest_api.errors import failed_analysis
from ingest_api.failpoints import Failpoint
from ingest_api.live import Hub
from ingest_api.lookup import Found, Lookup, from_news
from ingest_api.mailbox import Closing, Mailbox, closed_when_gone
from ingest_api.news import News
from ingest_api.preferences import Preference
from ingest_api.scope import note_request_id, trace_of
from ingest_api.telling import Telling
from ingest_api.views import Views
from storage.errors import StorageError
from storage.ports import Completed, Failed

_JSON = "application/json"


class Answers:
    def __init__(
        self,
        *,
        acceptance: Acceptance,
        hub: Hub,
        lookup: Lookup,
        views: Views,
        failpoint: Failpoint,
        telling: Telling,
    ) -> None:
        self._acceptance = acceptance
        self._failpoint = failpoint
        self._hub = hub
        self._lookup = lookup
        self._views = views
        self._telling = telling

    async def announce_and_answer(
        self, http: HttpRequest, accepted: Accepted, preference: Preference
    ) -> Response:
        """The request is committed. Raises RefusedError for an analysis that failed meanwhile."""
        note_request_id(http.scope, accepted.request_id)
        mailbox = Mailbox(1)
        with self._hub.watching(accepted.key, mailbox):
            await self._acceptance.announce(accepted, trace_of(http.scope))
            self._failpoint("before_answer")
            known = await self._of_repeat(accepted)
            if known is not None and known.state != "accepted":
                return self._answer(accepted, known, preference)
            if preference.wait_s == 0:
                return self._accepted(accepted, "accepted", preference)
            async with closed_when_gone(http.receive, mailbox):
                news = await mailbox.next(preference.wait_s)
        if isinstance(news, News):
            with self._telling.answer(news, trace_of(http.scope)):
                told = from_news(news)
            return self._answer(accepted, told, preference)
        found = await self._what_is_known(accepted, news)
        if found is None:
            return self._accepted(accepted, "accepted", preference)
        return self._answer(accepted, found, preference)

    async def _of_repeat(self, accepted: Accepted) -> Found | None:
        """A repeat may come long after the outcome was told; a first one never does."""
        if accepted.request is not None:
            return None
        return await self._lookup.find(accepted.tenant_id, accepted.request_id)

    async def _what_is_known(self, accepted: Accepted, news: Closing | None) -> Found | None:
        """Without news the record is asked once; if it does not answer, the promise still holds."""
        if news is Closing.GONE:
            return None
        try:
            return await self._lookup.find(accepted.tenant_id, accepted.request_id)
        except StorageError:
            return None

    def _answer(self, accepted: Accepted, found: Found, preference: Preference) -> Response:
        outcome = found.outcome
        if isinstance(outcome, Failed):
            refused = failed_analysis(accepted.request_id, outcome)
            refused.is_replayed = accepted.request is None
            raise refused
        if isinstance(outcome, Completed):
            headers = _headers(accepted, preference)
            return Response(outcome.result.to_json(), media_type=_JSON, headers=headers)
        return self._accepted(accepted, found.state, preference)

    def _accepted(self, accepted: Accepted, state: str, preference: Preference) -> Response:
        view = self._views.accepted(accepted.request_id, state)
        headers = {"Location": view.links.self_, **_headers(accepted, preference)}
        return Response(view.to_json(), 202, headers, _JSON)


def _headers(accepted: Accepted, preference: Preference) -> dict[str, str]:
    headers = {} if preference.applied is None else {"Preference-Applied": preference.applied}
    return headers if accepted.request else headers | {"Idempotency-Replayed": "true"}

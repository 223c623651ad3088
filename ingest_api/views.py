"""What is found, as the client sees it."""

from typing import cast
from uuid import UUID

from ingest_api.lookup import Found
from schemas.http import Accepted, AnalysisView, FailureView, Links, State
from storage.ports import Completed, Failed

ANALYSES = "/api/v1/analyses"


class Views:
    """Links begin with `public_url` when there is one, else they are paths."""

    def __init__(self, *, public_url: str | None) -> None:
        self._root = (public_url or "") + ANALYSES

    @property
    def template(self) -> str:
        """RFC 6570: where any analysis is found by its id."""
        return self._root + "/{request_id}"

    def links(self, request_id: UUID) -> Links:
        itself = f"{self._root}/{request_id}"
        return Links.model_validate({"self": itself, "events": f"{itself}/events"})

    def accepted(self, request_id: UUID, state: str) -> Accepted:
        return Accepted(
            request_id=request_id, state=cast("State", state), links=self.links(request_id)
        )

    def analysis(self, found: Found) -> AnalysisView:
        outcome = found.outcome
        finished = outcome if isinstance(outcome, Completed | Failed) else None
        return AnalysisView(
            request_id=found.request_id,
            state=cast("State", found.state),
            accepted_at=found.accepted_at,
            finished_at=None if finished is None else finished.finished_at,
            result=outcome.result if isinstance(outcome, Completed) else None,
            failure=_failure(outcome) if isinstance(outcome, Failed) else None,
            lane=found.lane,
            cancel_requested_at=found.cancel_requested_at,
            replay_of=found.replay_of,
            replayed_as=found.replayed_as,
            links=self.links(found.request_id),
        )


def _failure(failed: Failed) -> FailureView:
    return FailureView(
        code=failed.code,
        message=failed.message,
        retryable=failed.retryable,
        attempts=failed.attempts,
    )

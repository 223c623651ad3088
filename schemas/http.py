"""What travels over HTTP: answers, views of an analysis, problems, readiness."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from schemas.contract import Contract, Instant
from schemas.events import Lane
from schemas.failures import FailureCode
from schemas.result import AnalysisResult

State = Literal["accepted", "completed", "failed", "cancelled", "expired"]


class Links(Contract):
    """Where to ask again: `self` answers at once, `events` when there is news."""

    model_config = ConfigDict(serialize_by_alias=True)

    self_: Annotated[str, Field(alias="self")]
    events: str


class Accepted(Contract):
    """The request will reach exactly one outcome; this is where to find it."""

    request_id: UUID
    state: State
    links: Links


class FailureView(Contract):
    """Why there is no result; `retryable` says whether the same picture may succeed later."""

    code: FailureCode
    message: str
    retryable: bool
    attempts: int


class AnalysisView(Contract):
    """One analysis. `result` is set when completed, `failure` when failed, cancelled or expired;
    both and `finished_at` are null while it is accepted. `cancel_requested_at` says that somebody
    asked to end it; the state says whether that came in time. `replay_of` is the failed request
    that this one repeats, `replayed_as` the one that repeats this."""

    request_id: UUID
    state: State
    accepted_at: Instant
    finished_at: Instant | None
    result: AnalysisResult | None
    failure: FailureView | None
    links: Links
    lane: Lane = "interactive"
    cancel_requested_at: Instant | None = None
    replay_of: UUID | None = None
    replayed_as: UUID | None = None


OutcomeEvent = Literal["image-analyzed", "analysis-failed"]


class AttemptView(Contract):
    """One try to deliver: the status that the receiver answered with, or why there was none."""

    number: int
    event: OutcomeEvent
    at: Instant
    took_ms: int
    status: int | None
    error: str | None


class DeliveryView(Contract):
    """`pending` until the receiver has answered 2xx (`delivered`) or is not tried any more
    (`dead`). `receiver` is host and port of the callback. `attempts_begun` also counts attempts
    whose worker died; those are not in `attempts`."""

    event: OutcomeEvent
    receiver: str
    state: Literal["pending", "delivered", "dead"]
    created_at: Instant
    next_attempt_at: Instant | None
    finished_at: Instant | None
    attempts_begun: int
    attempts: tuple[AttemptView, ...]


class DeliveryList(Contract):
    """Empty without a callback, and while there is no outcome to tell."""

    request_id: UUID
    deliveries: tuple[DeliveryView, ...]


class Problem(Contract):
    """RFC 9457. `code` is stable and `trace_id` finds the log lines; `field` names what to correct,
    `limit` the number that was passed, `allowed` what would have been taken."""

    type: str
    title: str
    status: int
    code: str
    trace_id: str
    detail: str | None = None
    field: str | None = None
    limit: int | None = None
    allowed: str | None = None
    request_id: UUID | None = None
    retryable: bool | None = None


class Alive(Contract):
    """The process answers; of its dependencies this says nothing."""

    status: Literal["alive"] = "alive"


class DependencyReport(Contract):
    """`meaning` says what is promised while it is down."""

    status: Literal["up", "down"]
    latency_ms: float
    meaning: str


class Readiness(Contract):
    """`ready`: all up. `degraded`: requests are accepted, some things are slower or later.
    `unavailable`: nothing can be accepted."""

    status: Literal["ready", "degraded", "unavailable"]
    dependencies: dict[str, DependencyReport]


class GapNotice(Contract):
    """Results may be missing from a stream before this point. `link` is a template: ask it for
    every analysis that is still awaited."""

    reason: Literal["unreadable_id", "other_log", "expired", "too_far_back", "log_unavailable"]
    link: str

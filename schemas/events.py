"""The events on the wire. Facts, in the past tense; a picture travels as the key of its object."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from schemas.contract import Contract, Instant, RequestEvent, RequestFact, Sha256
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from schemas.result import AnalysisResult

_SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"
ObjectKey = Annotated[
    str, StringConstraints(max_length=512, pattern=rf"^{_SEGMENT}(/{_SEGMENT})*$")
]
"""Segments of letters, digits, `.`, `_`, `-` joined by `/`; none begins with a dot."""
ImageUrl = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
ContentType = Annotated[str, StringConstraints(pattern=r"^image/(jpeg|png|webp|gif)$")]

Lane = Literal["interactive", "bulk"]
"""Bulk work waits for the interactive, so that ten thousand pictures delay nobody who waits."""


class ImageRequested(RequestFact):
    """A picture was asked for by its address; nobody has downloaded it yet."""

    deadline_at: Instant
    image_url: ImageUrl
    options: AnalysisOptions


class ImageSubmitted(RequestFact):
    """The bytes of a picture are in object storage under `object_key`."""

    deadline_at: Instant
    object_key: ObjectKey
    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=1)]
    content_type: ContentType
    options: AnalysisOptions


class ImageAnalyzed(RequestFact):
    """The analysis is complete."""

    result: AnalysisResult

    @model_validator(mode="after")
    def _result_is_of_this_request(self) -> "ImageAnalyzed":
        if self.result.request_id != self.request_id:
            raise ValueError("result.request_id differs from request_id")
        return self


class AnalysisFailed(RequestFact):
    """The analysis ended without a result. `attempts` counts what was tried; `retryable` says
    whether the same request, sent again, may succeed."""

    code: FailureCode
    message: Annotated[str, StringConstraints(max_length=1000)]
    retryable: bool
    attempts: Annotated[int, Field(ge=0)]


class CancelRequested(RequestEvent):
    """Somebody asked to end a request that has no outcome yet. It may come too late: the outcome
    says so."""

    requested_at: Instant


class InboxEvent(Contract):
    """What an outside producer asks for. It names no tenant: that is the credential's. `request_id`
    is the producer's own and the same when it sends again; a repeat changes nothing.

    `deadline_at` may be left out (an hour from the admission) and lies a day ahead at most.
    """

    request_id: UUID
    deadline_at: Instant | None = None
    lane: Lane = "interactive"
    options: AnalysisOptions = AnalysisOptions()


class ImageRequestedInbox(InboxEvent):
    """A picture at an address, to be fetched."""

    image_url: ImageUrl


class ImageSubmittedInbox(InboxEvent):
    """A picture that the producer has put into the bucket, below `<tenant_id>/`."""

    object_key: ObjectKey
    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=1)]
    content_type: ContentType


Event = ImageRequested | ImageSubmitted | ImageAnalyzed | AnalysisFailed | CancelRequested

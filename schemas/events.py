"""The events on the wire. Facts, in the past tense; a picture travels as the key of its object."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from schemas.contract import Instant, RequestFact, Sha256
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


Event = ImageRequested | ImageSubmitted | ImageAnalyzed | AnalysisFailed

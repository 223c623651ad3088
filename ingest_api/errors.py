"""Every refusal of the API with its HTTP status: the only place that knows statuses of errors."""

from dataclasses import dataclass
from uuid import UUID

from schemas.failures import FailureCode
from storage.ports import Failed


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of no: `code` is what clients branch on, `title` the same sentence every time."""

    status: int
    code: str
    title: str


BODY_MALFORMED = Refusal(400, "body_malformed", "The body cannot be read")
IDEMPOTENCY_KEY_INVALID = Refusal(
    400, "invalid_idempotency_key", "The Idempotency-Key cannot be used"
)
PREFERENCE_INVALID = Refusal(400, "invalid_preference", "The Prefer header cannot be honoured")
PARAMETER_UNKNOWN = Refusal(
    400, "unknown_parameter", "There is no such parameter in the query of this path"
)
QUERY_MALFORMED = Refusal(400, "query_malformed", "The query cannot be read")
HOST_INVALID = Refusal(400, "invalid_host", "The Host header cannot be used")
REQUEST_MALFORMED = Refusal(400, "request_malformed", "The request is no HTTP that is taken here")
UNAUTHENTICATED = Refusal(401, "unauthenticated", "No valid credential")
FORBIDDEN = Refusal(403, "forbidden", "The credential does not allow this")
NOT_FOUND = Refusal(404, "not_found", "There is nothing here for you")
METHOD_NOT_ALLOWED = Refusal(405, "method_not_allowed", "The method does not exist on this path")
ALREADY_FINISHED = Refusal(409, "already_finished", "The analysis has an outcome already")
LAST_ADMIN = Refusal(409, "last_admin", "The tenant would have no administrator")
USERNAME_TAKEN = Refusal(409, "username_taken", "There is somebody of that name already")
TOO_MANY_KEYS = Refusal(409, "too_many_keys", "The tenant has as many API keys as it may")
TOO_MANY_USERS = Refusal(409, "too_many_users", "The tenant has as many people as it may")
BODY_TIMEOUT = Refusal(408, "body_timeout", "The body did not arrive in time")
HEADERS_TIMEOUT = Refusal(408, "headers_timeout", "The headers did not arrive in time")
BODY_TOO_LARGE = Refusal(413, "body_too_large", "The body is too large")
UPLOAD_TOO_LARGE = Refusal(413, "image_too_large", "The picture is too large")
TARGET_TOO_LONG = Refusal(414, "target_too_long", "The path and query are too long")
CONTENT_TYPE_WRONG = Refusal(415, "content_type_unsupported", "The content type is not taken here")
HOST_UNKNOWN = Refusal(421, "host_unknown", "The service has another name")
IMAGE_TOO_LARGE = Refusal(422, "image_too_large", "The picture is too large")
IMAGE_EMPTY = Refusal(422, "image_empty", "The picture has no bytes")
IMAGE_MISSING = Refusal(422, "image_missing", "There is no picture in the request")
IMAGE_TRUNCATED = Refusal(422, "image_truncated", "The end of the picture is missing")
IMAGE_UNSUPPORTED = Refusal(422, "image_unsupported", "Not a picture in a supported format")
IDEMPOTENCY_KEY_REUSED = Refusal(
    422, "idempotency_key_reused", "The Idempotency-Key stands for another request"
)
OPTION_INVALID = Refusal(422, "invalid_option", "An option has a value that is not taken")
OPTION_UNKNOWN = Refusal(422, "unknown_option", "There is no such option")
OPTION_REPEATED = Refusal(422, "repeated_option", "An option was given more than once")
WEBHOOKS_OFF = Refusal(422, "webhooks_off", "Outcomes are not posted to callbacks here")
URL_INVALID = Refusal(422, "invalid_url", "The address is no http or https URL")
ADDRESS_NOT_ALLOWED = Refusal(422, "address_not_allowed", "The address may not be fetched")
RATE_LIMITED = Refusal(429, "rate_limited", "Too many requests")
TOO_MANY_AT_ONCE = Refusal(429, "too_many_at_once", "Too many requests in work")
STREAMS_EXHAUSTED = Refusal(429, "too_many_streams", "Too many open event streams")
HEADERS_TOO_LARGE = Refusal(431, "headers_too_large", "The headers are too large")
UNEXPECTED = Refusal(500, "unexpected_error", "Something failed on our side")
DEPENDENCY_UNAVAILABLE = Refusal(
    503, "dependency_unavailable", "A service that is needed for this does not answer"
)
LOGIN_CLOSED = Refusal(503, "login_closed", "Nobody can log in here")
TOO_BUSY = Refusal(503, "too_busy", "This process has too much in work")
OVERLOADED = Refusal(503, "overloaded", "Too many analyses are waiting already")

_OTHER_STATUSES = {
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: BODY_TOO_LARGE,
    415: CONTENT_TYPE_WRONG,
}

_PICTURE = "The picture cannot be analyzed"
_OURS = "The analysis failed on our side"
_FAILURES = {
    FailureCode.IMAGE_UNDECODABLE: (422, _PICTURE),
    FailureCode.IMAGE_UNSUPPORTED: (422, IMAGE_UNSUPPORTED.title),
    FailureCode.IMAGE_TOO_LARGE: (422, IMAGE_TOO_LARGE.title),
    FailureCode.ADDRESS_NOT_ALLOWED: (422, ADDRESS_NOT_ALLOWED.title),
    FailureCode.FETCH_FAILED: (422, "The address gave no picture"),
    FailureCode.MALWARE_DETECTED: (422, "The picture carries malware"),
    FailureCode.SCAN_UNAVAILABLE: (503, "The picture could not be scanned for malware"),
    FailureCode.MODEL_UNKNOWN: (422, "There is no such model"),
    FailureCode.INVALID_EVENT: (422, "The request cannot be processed"),
    FailureCode.CANCELLED: (409, "The analysis was cancelled"),
    FailureCode.DEADLINE_EXCEEDED: (504, "The deadline passed before there was a result"),
    # Our own faults, said as such: no other status would be true. A picture that was stored and
    # checked when it was accepted, and is gone or altered since, is one of them.
    FailureCode.OBJECT_MISSING: (500, _OURS),
    FailureCode.INTEGRITY_MISMATCH: (500, _OURS),
    FailureCode.RETRIES_EXHAUSTED: (500, _OURS),
    FailureCode.INTERNAL_ERROR: (500, _OURS),
}

FAILED_REFUSALS = tuple(
    Refusal(status, code.value, title) for code, (status, title) in _FAILURES.items()
)
"""How failed analyses answer, for whoever describes it."""


@dataclass(eq=False, kw_only=True)
class RefusedError(Exception):
    """The request is answered with this problem, and nothing was promised or stored by it.
    `is_replayed` says that it repeats the answer of an earlier request."""

    refusal: Refusal
    detail: str | None = None
    field: str | None = None
    limit: int | None = None
    allowed: str | None = None
    request_id: UUID | None = None
    retryable: bool | None = None
    retry_after_s: int | None = None
    is_replayed: bool = False

    def __str__(self) -> str:
        return f"{self.refusal.code}: {self.detail or self.refusal.title}"


def refusal_of_status(status: int) -> Refusal:
    """For what the framework refuses by itself."""
    return _OTHER_STATUSES.get(status, BODY_MALFORMED if status < 500 else UNEXPECTED)


def failed_analysis(request_id: UUID, failed: Failed) -> RefusedError:
    """How a failed analysis answers the client that waits for it."""
    status, title = _FAILURES.get(failed.code, (422, _PICTURE))
    return RefusedError(
        refusal=Refusal(status, failed.code.value, title),
        detail=failed.message or None,
        request_id=request_id,
        retryable=failed.retryable,
    )


def unavailable(dependency: str) -> RefusedError:
    """A store does not serve: come back, nothing was promised."""
    return RefusedError(
        refusal=DEPENDENCY_UNAVAILABLE,
        detail=f"{dependency} does not answer; nothing was accepted",
        retry_after_s=5,
    )

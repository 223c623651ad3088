"""The stable codes of a failed analysis, and whose fault each is."""

from enum import StrEnum


class FailureCode(StrEnum):
    """Clients may branch on these; a code is never renamed, new ones may be added."""

    IMAGE_UNDECODABLE = "image_undecodable"
    IMAGE_UNSUPPORTED = "image_unsupported"
    IMAGE_TOO_LARGE = "image_too_large"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    FETCH_FAILED = "fetch_failed"
    MODEL_UNKNOWN = "model_unknown"
    OBJECT_MISSING = "object_missing"
    INTEGRITY_MISMATCH = "integrity_mismatch"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    CANCELLED = "cancelled"
    INVALID_EVENT = "invalid_event"
    RETRIES_EXHAUSTED = "retries_exhausted"
    INTERNAL_ERROR = "internal_error"

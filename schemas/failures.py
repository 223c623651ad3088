"""The stable codes of a failed analysis."""

import re
from enum import StrEnum
from typing import Self

_NEWER = re.compile(r"[a-z][a-z0-9_]{0,63}")


class FailureCode(StrEnum):
    """Clients may branch on these; a code is never renamed, new ones may be added. What a newer
    version wrote is read as a code of that value, which no `match` here knows."""

    IMAGE_UNDECODABLE = "image_undecodable"
    IMAGE_UNSUPPORTED = "image_unsupported"
    IMAGE_TOO_LARGE = "image_too_large"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    FETCH_FAILED = "fetch_failed"
    MALWARE_DETECTED = "malware_detected"
    SCAN_UNAVAILABLE = "scan_unavailable"
    MODEL_UNKNOWN = "model_unknown"
    OBJECT_MISSING = "object_missing"
    INTEGRITY_MISMATCH = "integrity_mismatch"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    CANCELLED = "cancelled"
    INVALID_EVENT = "invalid_event"
    RETRIES_EXHAUSTED = "retries_exhausted"
    INTERNAL_ERROR = "internal_error"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str) or not _NEWER.fullmatch(value):
            return None
        newer = str.__new__(cls, value)
        newer._name_, newer._value_ = value.upper(), value
        return newer

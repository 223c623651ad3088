"""The one table that says what an error of the S3 client means."""

from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from storage.errors import NotFoundError, StorageError, StoreRefusesError, StoreUnavailableError

S3_ERRORS = (MinioException, HTTPError)
"""All that the client raises when the server or the way to it is at fault."""

_REASONS = {
    "AccessDenied": "it refuses our keys for this (AccessDenied); a key without the right to "
    "list the bucket gets this for an object that is missing, too",
    "NoSuchBucket": "the bucket does not exist",
    "InvalidAccessKeyId": "it does not know our access key (InvalidAccessKeyId)",
    "SignatureDoesNotMatch": "our secret key is not the right one (SignatureDoesNotMatch)",
}


_ABOUT_THE_OBJECT = frozenset(
    {"NoSuchKey", "InvalidObjectState", "InvalidRequest", "KMS.DisabledException"}
)
"""Archived, encrypted by a key of somebody else's: the bucket serves, this object is not to be had.
Holding for it would keep everybody behind it waiting."""


def to_storage_error(error: Exception, key: str | None = None) -> StorageError:
    """NotFoundError for an object that is not to be had; all else means that the bucket does not
    serve. `key` is that of the object that was asked for."""
    if isinstance(error, S3Error):
        if error.code in _ABOUT_THE_OBJECT and key is not None:
            return NotFoundError(f"no object {key} ({error.code})")
        if error.code == "AccessDenied":
            return StoreRefusesError("bucket", _REASONS[error.code])
        return StoreUnavailableError("bucket", _REASONS.get(error.code, error.code))
    return StoreUnavailableError("bucket", _first_line(error))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__

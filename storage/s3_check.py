"""What is asked of a bucket before a start: that it is there, lets us in and can be written."""

from typing import Final

from minio.error import S3Error
from urllib3.exceptions import SSLError

from storage.errors import MisconfiguredError, StoreUnavailableError, UnknownHostError
from storage.folder_check import MAKE_BUCKET
from storage.images_s3 import S3ImageStore
from storage.settings import BucketSettings
from storage.unknown_hosts import is_unknown_host

_KEYS: Final = "correct ANALYZER_BUCKET__ACCESS_KEY and ANALYZER_BUCKET__SECRET_KEY"
_WRONG: Final = {
    "NoSuchBucket": f"there is no bucket {{}}; {MAKE_BUCKET}, or correct ANALYZER_BUCKET__BUCKET",
    "InvalidBucketName": "{} is no name for a bucket; correct ANALYZER_BUCKET__BUCKET",
    "AccessDenied": "our keys may not write to {}; let them put, get, delete and list objects",
    "InvalidAccessKeyId": f"the server does not know our access key; {_KEYS}",
    "XAdminUserNotFound": f"the server does not know our access key; {_KEYS}",  # versitygw's word
    "SignatureDoesNotMatch": f"our secret key is not the right one; {_KEYS}",
    "AuthorizationHeaderMalformed": "{} is in another region; correct ANALYZER_BUCKET__REGION",
    "RequestTimeTooSkewed": "our clock and the server's disagree; set the clock",
}
"""By the code of the server: what is wrong with the bucket of that name, and what to do."""


async def check_s3(settings: BucketSettings) -> None:
    """Leaves nothing behind. Raises MisconfiguredError for what somebody must correct, and
    StoreUnavailableError for a server that may serve later."""
    store = S3ImageStore(settings, threads=1)
    try:
        await store.check_writable()
    except StoreUnavailableError as error:
        raise _meaning_of(error, settings) or error from error.__cause__
    finally:
        await store.aclose()


def _meaning_of(
    error: StoreUnavailableError, settings: BucketSettings
) -> MisconfiguredError | None:
    cause = error.__cause__
    if isinstance(cause, S3Error) and cause.code in _WRONG:
        return MisconfiguredError("bucket", _WRONG[cause.code].format(settings.bucket))
    if cause is not None and is_unknown_host(cause):
        problem = f"nobody knows the host of {settings.host}; correct ANALYZER_BUCKET__ENDPOINT"
        return UnknownHostError("bucket", problem)
    if isinstance(cause, SSLError):
        remedy = "correct ANALYZER_BUCKET__ENDPOINT or ANALYZER_BUCKET__SECURE"
        return MisconfiguredError("bucket", f"no way to encrypt: {str(cause)[:150]}; {remedy}")
    return None

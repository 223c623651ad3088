"""Each error of the S3 client is a decision."""

import pytest
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ProtocolError, ReadTimeoutError

from storage.errors import NotFoundError, StoreRefusesError, StoreUnavailableError
from storage.s3_errors import to_storage_error


def s3_error(code: str) -> S3Error:
    return S3Error(
        response=HTTPResponse(status=400),
        code=code,
        message="m",
        resource="/images/k",
        request_id=None,
        host_id=None,
        bucket_name="images",
        object_name="k",
    )


def test_a_missing_object_is_not_found() -> None:
    outcome = to_storage_error(s3_error("NoSuchKey"), "acme/k")
    assert isinstance(outcome, NotFoundError)
    assert "acme/k" in str(outcome)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (s3_error("AccessDenied"), "AccessDenied"),
        (s3_error("NoSuchBucket"), "the bucket does not exist"),
        (s3_error("InvalidAccessKeyId"), "does not know our access key"),
        (s3_error("SignatureDoesNotMatch"), "secret key is not the right one"),
        (s3_error("SlowDown"), "SlowDown"),
        (s3_error("InternalError"), "InternalError"),
        (ServerError("server failed with HTTP status code 503", 503), "503"),
        (InvalidResponseError(502, "text/html", "<h1>Bad gateway"), "502"),
        (ConnectTimeoutError("timed out"), "timed out"),
        (ReadTimeoutError(HTTPConnectionPool("s3"), "/", "Read timed out."), "Read timed out"),
        (ProtocolError("Connection aborted."), "Connection aborted"),
        (HTTPError(), "HTTPError"),
    ],
)
def test_all_else_means_that_the_bucket_does_not_serve(error: Exception, reason: str) -> None:
    outcome = to_storage_error(error, "acme/k")
    assert isinstance(outcome, StoreUnavailableError)
    assert outcome.dependency == "bucket"
    assert reason in str(outcome)


@pytest.mark.parametrize(("code", "answers"), [("AccessDenied", True), ("SlowDown", False)])
def test_a_refusal_is_told_from_an_outage(code: str, answers: bool) -> None:
    assert isinstance(to_storage_error(s3_error(code)), StoreRefusesError) == answers

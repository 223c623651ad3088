"""Settings say what is missing and what contradicts."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from storage.settings import BucketSettings, PostgresSettings, RedisSettings

KEYS = {"access_key": "a", "secret_key": "s"}

WRONG_BUCKETS: list[tuple[dict[str, Any], str]] = [
    ({}, "set either endpoint .* or folder: neither is set"),
    ({"endpoint": "s3:9000", "folder": "/data", **KEYS}, "both are set"),
    ({"endpoint": "s3:9000", "access_key": "a"}, "secret_key is missing"),
    ({"endpoint": "s3:9000", "secret_key": "s"}, "access_key is missing"),
    ({"endpoint": "s3:9000", "access_key": "", "secret_key": "s"}, "access_key is missing"),
    ({"endpoint": "ftp://s3", **KEYS}, "endpoint must be host:port"),
    ({"endpoint": "http://s3:9000/images", **KEYS}, "endpoint must be host:port"),
    ({"endpoint": "", **KEYS}, "endpoint must be host:port"),
    ({"endpoint": "http://s3:9000", "secure": True, **KEYS}, "secure contradicts endpoint"),
    ({"folder": "/data", "buket": "x"}, "buket"),
]


@pytest.mark.parametrize(("values", "complaint"), WRONG_BUCKETS)
def test_a_wrong_bucket_is_named(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        BucketSettings.model_validate(values)


@pytest.mark.parametrize(
    ("endpoint", "secure", "host", "uses_tls"),
    [
        ("s3.example.org", False, "s3.example.org", False),
        ("127.0.0.1:9000", True, "127.0.0.1:9000", True),
        ("http://127.0.0.1:9000/", False, "127.0.0.1:9000", False),
        ("https://s3.example.org", False, "s3.example.org", True),
    ],
)
def test_an_endpoint_may_be_a_url(endpoint: str, secure: bool, host: str, uses_tls: bool) -> None:
    settings = BucketSettings.model_validate({"endpoint": endpoint, "secure": secure, **KEYS})
    assert (settings.host, settings.uses_tls) == (host, uses_tls)


def test_a_folder_is_enough() -> None:
    settings = BucketSettings(folder=Path("/data"))
    assert (settings.host, settings.uses_tls) == ("", False)


def test_secrets_are_not_shown() -> None:
    assert "hunter2" not in repr(PostgresSettings.model_validate({"dsn": "hunter2"}))
    assert "hunter2" not in repr(RedisSettings.model_validate({"url": "redis://:hunter2@r"}))


@pytest.mark.parametrize("values", [{}, {"dsn": ""}, {"dsn": "x", "pool_min_size": 9}])
def test_a_wrong_database_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"dsn|pool_min_size"):
        PostgresSettings.model_validate(values)


def test_without_a_url_there_is_no_redis() -> None:
    assert RedisSettings().url is None

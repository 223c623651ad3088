"""Settings decide which adapter is real."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from storage.cache_memory import MemoryResultCache
from storage.cache_redis import RedisResultCache
from storage.images_folder import FolderImageStore
from storage.images_s3 import S3ImageStore
from storage.opening import open_cache, open_images
from storage.postgres_pool import PostgresPool
from storage.settings import BucketSettings, PostgresSettings, RedisSettings
from telemetry.metrics import Metrics


async def test_a_folder_or_a_server_holds_the_images() -> None:
    secret = SecretStr("s")
    server = BucketSettings(endpoint="https://s3.example.org", access_key=secret, secret_key=secret)
    folder_store = open_images(BucketSettings(folder=Path("x")), Metrics())
    server_store = open_images(server, Metrics())
    assert isinstance(folder_store, FolderImageStore)
    assert isinstance(server_store, S3ImageStore)
    await folder_store.aclose()
    await server_store.aclose()


async def test_without_redis_the_cache_lives_in_the_process() -> None:
    assert isinstance(open_cache(RedisSettings(), Metrics()), MemoryResultCache)
    shared = open_cache(RedisSettings(url=SecretStr("redis://127.0.0.1:1")), Metrics())
    assert isinstance(shared, RedisResultCache)
    await shared.aclose()


def test_a_dsn_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="dsn is neither") as caught:
        PostgresPool(PostgresSettings(dsn=SecretStr("hunter2 hunter2")))
    assert "hunter2" not in str(caught.value)

"""Every port twice: the twin, and the adapter on its real service."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest
from pydantic import SecretStr

from storage.analyses_memory import MemoryAnalysisStore
from storage.analyses_postgres import PostgresAnalysisStore
from storage.api_keys_memory import MemoryApiKeyStore
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.audit_events import AuditStore
from storage.audit_memory import MemoryAuditStore
from storage.audit_postgres import PostgresAuditStore
from storage.cache_memory import MemoryResultCache
from storage.cache_redis import RedisResultCache
from storage.images_folder import FolderImageStore
from storage.images_memory import MemoryImageStore
from storage.images_s3 import S3ImageStore
from storage.limits import LimitStore
from storage.limits_memory import MemoryLimitStore
from storage.limits_redis import RedisLimitStore
from storage.ports import AnalysisStore, ApiKeyStore, ImageStore, ResultCache
from storage.settings import BucketSettings
from tests.contract.storage.migrated import opened_pool, postgres_template
from tests.contract.storage.restricted import restricted
from tests.support.services.connections import S3Elsewhere
from tests.support.services.s3 import S3

__all__ = ["postgres_template"]

MEMORY_AND_POSTGRES = ["memory", pytest.param("postgres", marks=pytest.mark.postgres)]
AND_AS_THE_API = [*MEMORY_AND_POSTGRES, pytest.param("api", marks=pytest.mark.postgres)]
AND_AS_A_WORKER = [*MEMORY_AND_POSTGRES, pytest.param("worker", marks=pytest.mark.postgres)]


@contextmanager
def dsn_for(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of the owner of the tables, or of a user that is subject to their row security."""
    owner: str = request.getfixturevalue("postgres_database")
    if request.param == "postgres":
        yield owner
        return
    with restricted(owner, f"analyzer_{request.param}") as dsn:
        yield dsn


def bucket_settings(server: S3 | S3Elsewhere, bucket: str) -> BucketSettings:
    return BucketSettings(
        endpoint=server.endpoint,
        access_key=SecretStr(server.access_key),
        secret_key=SecretStr(server.secret_key),
        bucket=bucket,
    )


@pytest.fixture(params=["memory", "folder", pytest.param("s3", marks=pytest.mark.s3)])
async def images(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ImageStore]:
    if request.param == "memory":
        yield MemoryImageStore()
        return
    store: FolderImageStore | S3ImageStore
    if request.param == "folder":
        store = FolderImageStore(tmp_path / "images")
    else:
        name = request.getfixturevalue("bucket_name")
        store = S3ImageStore(bucket_settings(request.getfixturevalue("s3"), name))
    await store.ensure_bucket()
    yield store
    await store.aclose()


@pytest.fixture(params=AND_AS_A_WORKER)
async def analyses(request: pytest.FixtureRequest) -> AsyncIterator[AnalysisStore]:
    if request.param == "memory":
        yield MemoryAnalysisStore()
        return
    with dsn_for(request) as dsn:
        async with opened_pool(dsn) as pool:
            yield PostgresAnalysisStore(pool)


@pytest.fixture
async def other_analyses(
    request: pytest.FixtureRequest, analyses: AnalysisStore
) -> AsyncIterator[AnalysisStore]:
    """The same record, as another process sees it."""
    if isinstance(analyses, MemoryAnalysisStore):
        yield analyses
        return
    async with opened_pool(request.getfixturevalue("postgres_database")) as pool:
        yield PostgresAnalysisStore(pool)


@pytest.fixture(params=AND_AS_THE_API)
async def api_keys(request: pytest.FixtureRequest) -> AsyncIterator[ApiKeyStore]:
    if request.param == "memory":
        yield MemoryApiKeyStore()
        return
    with dsn_for(request) as dsn:
        async with opened_pool(dsn) as pool:
            yield PostgresApiKeyStore(pool)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[ResultCache]:
    if request.param == "memory":
        yield MemoryResultCache()
        return
    store = RedisResultCache(request.getfixturevalue("redis_server").url, timeout_s=2)
    yield store
    await store.aclose()


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[LimitStore]:
    if request.param == "memory":
        yield MemoryLimitStore()
        return
    store = RedisLimitStore(request.getfixturevalue("redis_server").url, timeout_s=2)
    yield store
    await store.aclose()


@pytest.fixture
def subject(tenant: str) -> str:
    """Of limits."""
    return f"tenant/{tenant}"


@pytest.fixture(params=MEMORY_AND_POSTGRES)
async def audit_store(request: pytest.FixtureRequest) -> AsyncIterator[AuditStore]:
    if request.param == "memory":
        yield MemoryAuditStore()
        return
    async with opened_pool(request.getfixturevalue("postgres_database")) as pool:
        yield PostgresAuditStore(pool)


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test has: Redis is shared by all of them."""
    return f"tenant-{token_hex(4)}"

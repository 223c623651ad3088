"""Each test: an API with a database and a bucket of its own."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from ingest_api.settings import ApiSettings
from ingest_api.wiring import ApiConfig
from storage.images_s3 import S3ImageStore
from storage.settings import PostgresSettings, RedisSettings
from tests.contract.storage.conftest import bucket_settings
from tests.contract.storage.migrated import postgres_template
from tests.integration.ingest_api.real_stores import RealStores
from tests.support.services.connections import RedisServer, S3Server
from topics.settings import KafkaSettings

__all__ = ["postgres_template"]


@pytest.fixture
async def api(
    postgres_database: str, s3: S3Server, bucket_name: str, redis_server: RedisServer
) -> AsyncIterator[RealStores]:
    bucket = bucket_settings(s3, bucket_name)
    images = S3ImageStore(bucket)
    await images.ensure_bucket()
    await images.aclose()
    config = ApiConfig(
        api=ApiSettings(),
        kafka=KafkaSettings(),
        postgres=PostgresSettings(dsn=SecretStr(postgres_database)),
        bucket=bucket,
        redis=RedisSettings(url=SecretStr(redis_server.url)),
    )
    async with RealStores.running(config) as running:
        yield running

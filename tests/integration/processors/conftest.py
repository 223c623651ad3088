"""Each test: topics, a bucket and a database of its own tenant, and workers that end with it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_hex

import pytest

from storage.images_s3 import S3ImageStore
from tests.contract.storage.conftest import bucket_settings
from tests.contract.storage.migrated import postgres_template
from tests.integration.processors.flow import Flow
from tests.support.services.connections import KafkaServer, S3Server
from topics.admin import create_topics
from topics.publisher import KafkaPublisher
from topics.settings import KafkaSettings

__all__ = ["postgres_template"]


@pytest.fixture
async def flow(
    kafka: KafkaServer, s3: S3Server, bucket_name: str, postgres_database: str, tmp_path: Path
) -> AsyncIterator[Flow]:
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    await create_topics(settings)
    async with AsyncExitStack() as releases:
        images = S3ImageStore(bucket_settings(s3, bucket_name))
        releases.push_async_callback(images.aclose)
        await images.ensure_bucket()
        publisher = KafkaPublisher(settings, source="test", budget_s=10)
        releases.push_async_callback(publisher.aclose)
        await publisher.start()
        made = Flow(
            settings, s3, bucket_name, postgres_database, f"tenant-{token_hex(4)}", tmp_path,
            images, publisher,
        )  # fmt: skip
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.stop(timeout_s=10)  # leaves its groups, so that the next need not wait

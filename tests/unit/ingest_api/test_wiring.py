"""Settings to parts: everything is made, nothing is connected to."""

from pathlib import Path

from pydantic import SecretStr

from ingest_api.settings import ApiSettings
from ingest_api.wiring import ApiConfig, make_parts
from outbound.settings import WebhookSettings
from storage.key_format import is_well_formed
from storage.opening import make_pool
from storage.settings import BucketSettings, PostgresSettings, RedisSettings
from telemetry.metrics import Metrics
from topics.settings import KafkaSettings


async def test_the_parts_know_the_names_of_the_service_and_what_a_key_is(tmp_path: Path) -> None:
    config = ApiConfig(
        api=ApiSettings(public_url="https://analyzer.example", allowed_hosts=("api",)),
        kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"),
        postgres=PostgresSettings(dsn=SecretStr("postgresql://nobody@127.0.0.1:1/nothing")),
        bucket=BucketSettings(folder=tmp_path / "images"),
        redis=RedisSettings(),
        webhooks=WebhookSettings(master_secret=SecretStr("x" * 40)),
    )
    metrics = Metrics("api")
    pool = make_pool(config.postgres, metrics)
    parts = make_parts(config, pool, metrics)
    assert parts.callbacks.own_hosts == {"analyzer.example", "api"}
    assert parts.may_be_key is is_well_formed
    for store in (parts.images, parts.cache, parts.limit_store, parts.attempts, pool):
        await store.aclose()

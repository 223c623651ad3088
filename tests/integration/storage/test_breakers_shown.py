"""What the composition roots open shows its breakers and failures in the metrics."""

from uuid import uuid4

import pytest
from pydantic import SecretStr

from storage.errors import StoreUnavailableError
from storage.opening import make_pool, open_cache, open_images
from storage.settings import BucketSettings, PostgresSettings, RedisSettings
from telemetry.metrics import Metrics


async def test_every_server_has_a_breaker_that_shows_in_the_metrics() -> None:
    metrics, keys = Metrics(), {"access_key": SecretStr("a"), "secret_key": SecretStr("s")}
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"
    bucket = BucketSettings(endpoint="127.0.0.1:1", breaker_failures=2, breaker_pause_s=60, **keys)
    images = open_images(bucket, metrics)
    cache = open_cache(RedisSettings(url=SecretStr("redis://127.0.0.1:1")), metrics)
    make_pool(PostgresSettings(dsn=SecretStr(nowhere)), metrics)
    for name in ("bucket", "redis", "postgres"):
        assert shown(metrics, "state", name) == shown(metrics, "opened_total", name) == 0
    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            await images.get("acme/1/abc", max_bytes=1)
        await cache.get("acme", uuid4())
    for name in ("bucket", "redis"):
        assert (shown(metrics, "state", name), shown(metrics, "opened_total", name)) == (2, 1)
    failed = {"operation": "get"}
    assert metrics.registry.get_sample_value("analyzer_cache_failures_total", failed) == 3
    await images.aclose()
    await cache.aclose()


def shown(metrics: Metrics, what: str, dependency: str) -> float | None:
    labels = {"dependency": dependency}
    return metrics.registry.get_sample_value(f"analyzer_breaker_{what}", labels)

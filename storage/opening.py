"""Settings to adapters: which image store and which cache is real in this process.

A driver is imported only where it is used: the S3 and the Redis client cost 6 MB each.
"""
# ruff: noqa: PLC0415 - imported where used, as said above

from storage.breaker import CircuitBreaker
from storage.ports import ImageStore, ResultCache
from storage.settings import BreakerSettings, BucketSettings, RedisSettings
from telemetry.metrics import Metrics


def open_images(settings: BucketSettings, metrics: Metrics, *, threads: int = 8) -> ImageStore:
    if settings.folder is not None:
        from storage.images_folder import FolderImageStore

        return FolderImageStore(settings.folder)
    from storage.images_s3 import S3ImageStore

    breaker = make_breaker("bucket", settings, metrics)
    return S3ImageStore(settings, threads=threads, breaker=breaker)


def open_cache(settings: RedisSettings, metrics: Metrics) -> ResultCache:
    if settings.url is None:
        from storage.cache_memory import MemoryResultCache

        return MemoryResultCache(ttl_s=settings.result_ttl_s)
    from storage.cache_redis import RedisResultCache

    return RedisResultCache(
        settings.url.get_secret_value(),
        timeout_s=settings.timeout_s,
        ttl_s=settings.result_ttl_s,
        breaker=make_breaker("redis", settings, metrics),
        on_failure=lambda operation: metrics.cache_failures.labels(operation).inc(),
    )


def make_breaker(dependency: str, settings: BreakerSettings, metrics: Metrics) -> CircuitBreaker:
    """One that shows in the metrics; a process has one for each dependency."""
    breaker = CircuitBreaker(
        dependency,
        failures=settings.breaker_failures,
        pause_s=settings.breaker_pause_s,
        on_opened=metrics.breaker_opened.labels(dependency).inc,
    )
    metrics.breaker_state.labels(dependency).set_function(lambda: float(breaker.state))
    return breaker

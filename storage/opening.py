"""Settings to adapters: which image store and which cache is real in this process.

A driver is imported only where it is used: the S3 and the Redis client cost 6 MB each.
"""
# ruff: noqa: PLC0415 - imported where used, as said above

from storage.breaker import CircuitBreaker, make_breaker
from storage.limits import LimitStore
from storage.limits_fallback import FallbackLimitStore
from storage.limits_memory import MemoryLimitStore
from storage.login_attempts import AttemptStore
from storage.login_attempts_memory import MemoryAttemptStore
from storage.pool_metrics import show_pool
from storage.ports import ImageStore, ResultCache
from storage.postgres_pool import PostgresPool
from storage.settings import BreakerSettings, BucketSettings, PostgresSettings, RedisSettings
from telemetry.metrics import Metrics
from telemetry.timing import timing


def open_images(settings: BucketSettings, metrics: Metrics, *, threads: int = 8) -> ImageStore:
    if settings.folder is not None:
        from storage.images_folder import FolderImageStore

        return FolderImageStore(settings.folder)
    from storage.images_s3 import S3ImageStore

    breaker = _shown_breaker("bucket", settings, metrics)
    return S3ImageStore(
        settings, threads=threads, breaker=breaker, timing=timing(metrics.bucket_seconds)
    )


def open_cache(
    settings: RedisSettings, metrics: Metrics, *, breaker: CircuitBreaker | None = None
) -> ResultCache:
    """`breaker` is given where others of this process ask the same Redis."""
    if settings.url is None:
        from storage.cache_memory import MemoryResultCache

        return MemoryResultCache(ttl_s=settings.result_ttl_s)
    from storage.cache_redis import RedisResultCache

    return RedisResultCache(
        settings.url.get_secret_value(),
        timeout_s=settings.timeout_s,
        ttl_s=settings.result_ttl_s,
        breaker=breaker or redis_breaker(settings, metrics),
        on_failure=lambda operation: metrics.cache_failures.labels(operation).inc(),
        timing=timing(metrics.database_seconds, "redis"),
    )


def open_limits(
    settings: RedisSettings, metrics: Metrics, *, breaker: CircuitBreaker | None = None
) -> LimitStore:
    """Shared by all processes when there is a Redis, else this process's own."""
    if settings.url is None:
        return MemoryLimitStore()
    from storage.limits_redis import RedisLimitStore

    url, timeout_s = settings.url.get_secret_value(), settings.timeout_s
    breaker = breaker or redis_breaker(settings, metrics)
    shared = RedisLimitStore(
        url, timeout_s=timeout_s, breaker=breaker, timing=timing(metrics.database_seconds, "redis")
    )
    return FallbackLimitStore(shared, metrics)


def open_attempts(
    settings: RedisSettings, metrics: Metrics, *, breaker: CircuitBreaker | None = None
) -> AttemptStore:
    """As `open_limits`, but without a fallback: while Redis is gone nobody tries a password."""
    if settings.url is None:
        return MemoryAttemptStore()
    from storage.login_attempts_redis import RedisAttemptStore

    return RedisAttemptStore(
        settings.url.get_secret_value(),
        timeout_s=settings.timeout_s,
        breaker=breaker or redis_breaker(settings, metrics),
    )


def redis_breaker(settings: RedisSettings, metrics: Metrics) -> CircuitBreaker:
    """One for all that ask Redis in a process: what one of them learns the others know."""
    return _shown_breaker("redis", settings, metrics)


def make_pool(settings: PostgresSettings, metrics: Metrics) -> PostgresPool:
    """Connects to nothing yet; the caller opens and closes it."""
    breaker = _shown_breaker("postgres", settings, metrics)
    timed = timing(metrics.database_seconds, "postgresql")
    pool = PostgresPool(settings, breaker=breaker, timing=timed)
    show_pool(lambda: pool.state, metrics)
    return pool


def _shown_breaker(dependency: str, settings: BreakerSettings, metrics: Metrics) -> CircuitBreaker:
    """One that shows in the metrics, where there is one for each dependency."""
    opened = metrics.breaker_opened.labels(dependency)
    breaker = make_breaker(dependency, settings, on_opened=opened.inc)
    metrics.breaker_state.labels(dependency).set_function(lambda: float(breaker.state))
    return breaker

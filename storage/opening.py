"""Settings to adapters: which image store and which cache is real in this process.

A driver is imported only where it is used: the S3 and the Redis client cost 6 MB each.
"""
# ruff: noqa: PLC0415 - imported where used, as said above

from storage.ports import ImageStore, ResultCache
from storage.settings import BucketSettings, RedisSettings


def open_images(settings: BucketSettings, *, threads: int = 8) -> ImageStore:
    if settings.folder is not None:
        from storage.images_folder import FolderImageStore

        return FolderImageStore(settings.folder)
    from storage.images_s3 import S3ImageStore

    return S3ImageStore(settings, threads=threads)


def open_cache(settings: RedisSettings) -> ResultCache:
    if settings.url is None:
        from storage.cache_memory import MemoryResultCache

        return MemoryResultCache(ttl_s=settings.result_ttl_s)
    from storage.cache_redis import RedisResultCache

    return RedisResultCache(
        settings.url.get_secret_value(),
        timeout_s=settings.timeout_s,
        ttl_s=settings.result_ttl_s,
    )

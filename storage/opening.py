"""Settings to adapters: which image store and which cache is real in this process."""

from storage.cache_memory import MemoryResultCache
from storage.cache_redis import RedisResultCache
from storage.images_folder import FolderImageStore
from storage.images_s3 import S3ImageStore
from storage.ports import ImageStore, ResultCache
from storage.settings import BucketSettings, RedisSettings


def open_images(settings: BucketSettings, *, threads: int = 8) -> ImageStore:
    if settings.folder is not None:
        return FolderImageStore(settings.folder)
    return S3ImageStore(settings, threads=threads)


def open_cache(settings: RedisSettings) -> ResultCache:
    if settings.url is None:
        return MemoryResultCache(ttl_s=settings.result_ttl_s)
    return RedisResultCache(
        settings.url.get_secret_value(),
        timeout_s=settings.timeout_s,
        ttl_s=settings.result_ttl_s,
    )

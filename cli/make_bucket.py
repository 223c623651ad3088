"""Making the place where pictures are kept: a bucket, or a folder that stands for one."""

from storage.images_folder import FolderImageStore
from storage.images_s3 import S3ImageStore
from storage.settings import BucketSettings


async def make_bucket(settings: BucketSettings) -> None:
    """A repeat changes nothing. Raises StorageError."""
    store = S3ImageStore(settings) if settings.folder is None else FolderImageStore(settings.folder)
    try:
        await store.ensure_bucket()
    finally:
        await store.aclose()

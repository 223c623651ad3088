"""Pictures as files below one folder, written whole and synced before they can be seen."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, TypeVar

from storage.errors import NotFoundError, ObjectTooLargeError, StoreUnavailableError
from storage.object_keys import checked_key, is_object_key, read_exactly
from storage.ports import StoredObject

T = TypeVar("T")


class FolderImageStore:
    """An ImageStore for one machine. The folder must exist: one that is gone (a disk that is not
    mounted) is unavailable, not empty. Holes: a deleted object leaves its folder behind; how much
    room there is shows only when it runs out.
    """

    def __init__(self, folder: Path, *, threads: int = 4) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="images-folder")

    async def ensure_bucket(self) -> None:
        """Make the folder; for set-up, not for a process that finds its disk gone."""
        await self._run(lambda: self._folder.mkdir(parents=True, exist_ok=True))

    async def put(self, key: str, body: BinaryIO, *, size_bytes: int, content_type: str) -> None:
        del content_type  # a file has none; the record keeps it
        path = self._folder / checked_key(key)
        await self._run(lambda: self._write(path, read_exactly(body, size_bytes)))

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        if not is_object_key(key):
            raise NotFoundError(f"no object {key[:80]!r}")
        return await self._run(lambda: self._read(key, max_bytes))

    async def delete(self, key: str) -> None:
        if is_object_key(key):
            await self._run(lambda: _remove(self._folder / key))

    async def page(self, after: str, limit: int) -> Sequence[StoredObject]:
        """Walks the whole folder for each page: it is meant for the objects of one machine."""
        return await self._run(lambda: self._page(after, limit))

    async def check(self) -> None:
        await self._run(self._require_folder)

    async def aclose(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, operation: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, operation)
        except OSError as error:
            raise StoreUnavailableError("bucket", error.strerror or str(error)) from error

    def _require_folder(self) -> None:
        if not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK) or not self._folder.is_dir():
            raise StoreUnavailableError("bucket", f"{self._folder} is no folder we may write to")

    def _write(self, path: Path, content: bytes) -> None:
        self._require_folder()
        _make_folders(path.parent)
        with _complete_or_nothing(path) as file:
            file.write(content)
        _sync_folder(path.parent)

    def _read(self, key: str, max_bytes: int) -> bytes:
        try:
            with (self._folder / key).open("rb") as file:
                found = file.read(max_bytes + 1)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            self._require_folder()
            raise NotFoundError(f"no object {key}") from None
        if len(found) > max_bytes:
            raise ObjectTooLargeError(f"{key} has more than {max_bytes} bytes")
        return found

    def _page(self, after: str, limit: int) -> list[StoredObject]:
        self._require_folder()
        keys = {path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*")}
        later = sorted(key for key in keys if key > after and is_object_key(key))
        found = (_stored_object(self._folder, key) for key in later)
        return list(islice(filter(None, found), limit))


def _stored_object(folder: Path, key: str) -> StoredObject | None:
    """None for a folder, and for what was deleted meanwhile."""
    try:
        status = (folder / key).stat()
    except FileNotFoundError:
        return None
    if not S_ISREG(status.st_mode):
        return None
    return StoredObject(key, datetime.fromtimestamp(status.st_mtime, UTC))


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        path.unlink()


@contextlib.contextmanager
def _complete_or_nothing(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when all of it is on the disk; no key begins with a dot."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make_folders(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        _sync_folder(each.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

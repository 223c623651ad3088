"""Pictures in a dictionary: the twin of the image stores, for tests."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from storage.errors import NotFoundError, ObjectTooLargeError
from storage.object_keys import checked_key, read_exactly
from storage.ports import StoredObject


class MemoryImageStore:
    """An ImageStore that forgets everything with the process and never is unavailable."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._objects: dict[str, bytes] = {}
        self._stored_at: dict[str, datetime] = {}

    async def put(self, key: str, body: BinaryIO, *, size_bytes: int, content_type: str) -> None:
        del content_type  # the record keeps it
        self._objects[checked_key(key)] = read_exactly(body, size_bytes)
        self._stored_at[key] = self._now()

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        if key not in self._objects:
            raise NotFoundError(f"no object {key}")
        found = self._objects[key]
        if len(found) > max_bytes:
            raise ObjectTooLargeError(f"{key} has {len(found)} bytes, more than {max_bytes}")
        return found

    async def delete(self, key: str) -> None:
        self._objects.pop(key, None)

    async def page(self, after: str, limit: int) -> Sequence[StoredObject]:
        keys = sorted(key for key in self._objects if key > after)[:limit]
        return [StoredObject(key, self._stored_at[key]) for key in keys]

    async def check(self) -> None:
        """Always there."""

    async def aclose(self) -> None:
        """Keeps its objects: a twin may be closed and asked afterwards what it holds."""

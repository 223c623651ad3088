"""Pictures in a bucket of an S3 server, through the `minio` client in threads of its own."""

import asyncio
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from time import monotonic
from typing import BinaryIO, TypeVar
from uuid import uuid4

from minio import Minio
from minio.error import S3Error
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, ProtocolError

from storage.breaker import CircuitBreaker, make_breaker
from storage.errors import NotFoundError, ObjectTooLargeError, StoreUnavailableError
from storage.object_keys import checked_key, is_object_key, read_exactly
from storage.ports import StoredObject
from storage.s3_errors import S3_ERRORS, to_storage_error
from storage.settings import BucketSettings
from storage.spans import bucket_span
from telemetry.timing import Timing, untimed

T = TypeVar("T")

_CONNECT_S, _READ_S = 2.0, 10.0
_LONGEST_S = 15.0
_CHECK_S = 2.0
_CHUNK = 256 * 1024
_SMALLEST_PART = 5 * 1024 * 1024


class S3ImageStore:
    """An ImageStore. Every call ends within 15 s, `check` within 2; while the breaker is open all
    but `check` end at once.

    A request is repeated once, when the server closed the connection it was sent on. The key pair
    needs the right to list the bucket: without it S3 answers "access denied" for what is missing.
    """

    def __init__(
        self,
        settings: BucketSettings,
        *,
        threads: int = 8,
        breaker: CircuitBreaker | None = None,
        timing: Timing = untimed,
    ) -> None:
        self._timing = timing
        self._bucket = settings.bucket
        self._region = settings.region
        self._breaker = breaker or make_breaker("bucket", settings)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="images-s3")
        self._http = PoolManager(
            num_pools=1,
            maxsize=threads,
            timeout=Timeout(connect=_CONNECT_S, read=_READ_S),
            retries=False,
        )
        self._client = _client(settings, self._http)

    async def ensure_bucket(self) -> None:
        """Make the bucket unless it exists; for set-up commands."""
        await self._run(self._make_bucket)

    async def put(self, key: str, body: BinaryIO, *, size_bytes: int, content_type: str) -> None:
        checked_key(key)
        with self._timing("put"), bucket_span("PutObject", self._bucket):
            await self._run(lambda: self._put(key, read_exactly(body, size_bytes), content_type))

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        if not is_object_key(key):
            raise NotFoundError(f"no object {key[:80]!r}")
        with self._timing("get"), bucket_span("GetObject", self._bucket):
            return await self._run(lambda: self._get(key, max_bytes), key=key)

    async def delete(self, key: str) -> None:
        if is_object_key(key):
            with self._timing("delete"), bucket_span("DeleteObject", self._bucket):
                await self._run(lambda: self._client.remove_object(self._bucket, key), key=key)

    async def page(self, after: str, limit: int) -> Sequence[StoredObject]:
        with self._timing("page"):
            return await self._run(lambda: self._page(after, limit))

    async def check(self) -> None:
        with self._timing("check"), self._breaker.checking():
            await self._bounded(self._require_bucket, within_s=_CHECK_S)

    async def check_writable(self) -> None:
        """Begins an object and gives it up: nobody ever sees it. The key pair needs the right to
        abort an upload, else its beginning stays until the server forgets it."""
        with self._breaker.checking():
            await self._bounded(self._begin_and_give_up, within_s=_CHECK_S)

    async def aclose(self) -> None:
        """Does not wait for requests that nobody waits for any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for host in self._http.pools.keys():  # noqa: SIM118 - it cannot be iterated itself
            self._http.pools[host].close()
        self._http.clear()

    async def _run(self, operation: Callable[[], T], *, key: str | None = None) -> T:
        with self._breaker.asking():
            return await self._bounded(operation, key=key, within_s=_LONGEST_S)

    async def _bounded(
        self, operation: Callable[[], T], *, within_s: float, key: str | None = None
    ) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within_s):
                return await loop.run_in_executor(self._threads, operation)
        except TimeoutError:
            raise StoreUnavailableError("bucket", f"no answer within {within_s:g} s") from None
        except S3_ERRORS as error:
            raise to_storage_error(error, key) from error

    def _require_bucket(self) -> None:
        if not self._client.bucket_exists(self._bucket):
            raise StoreUnavailableError("bucket", f"there is no bucket {self._bucket!r}")

    def _begin_and_give_up(self) -> None:
        key = f"start-check/{uuid4()}"
        begin, give_up = self._client._create_multipart_upload, self._client._abort_multipart_upload  # noqa: SLF001 - the client has no public way to write without leaving an object
        give_up(self._bucket, key, begin(self._bucket, key, {}))

    def _make_bucket(self) -> None:
        if self._client.bucket_exists(self._bucket):
            return
        try:
            self._client.make_bucket(self._bucket, location=self._region)
        except S3Error as error:
            if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise

    def _page(self, after: str, limit: int) -> list[StoredObject]:
        listed = self._client.list_objects(self._bucket, recursive=True, start_after=after)
        return [
            StoredObject(each.object_name, each.last_modified) for each in islice(listed, limit)
        ]

    def _put(self, key: str, content: bytes, content_type: str) -> None:
        part_size = max(len(content), _SMALLEST_PART)  # one part: one request
        _repeated_once(
            lambda: self._client.put_object(
                self._bucket,
                key,
                io.BytesIO(content),
                len(content),
                content_type=content_type,
                part_size=part_size,
            )
        )

    def _get(self, key: str, max_bytes: int) -> bytes:
        return _repeated_once(lambda: self._get_once(key, max_bytes))

    def _get_once(self, key: str, max_bytes: int) -> bytes:
        response = self._client.get_object(self._bucket, key)
        try:
            found = _read_at_most(response, max_bytes)
        except BaseException:
            response.close()  # the rest of the answer would be taken for the next one
            raise
        finally:
            response.release_conn()
        return found


def _client(settings: BucketSettings, http: PoolManager) -> Minio:
    if settings.access_key is None or settings.secret_key is None:
        raise ValueError("an S3 endpoint needs access_key and secret_key")
    return Minio(
        settings.host,
        access_key=settings.access_key.get_secret_value(),
        secret_key=settings.secret_key.get_secret_value(),
        secure=settings.uses_tls,
        region=settings.region,  # given, so that the client never asks the server for it
        http_client=http,
    )


def _repeated_once(operation: Callable[[], T]) -> T:
    """Once more at once when an idle connection turns out to have been closed by the server."""
    try:
        return operation()
    except ProtocolError:
        return operation()


def _read_at_most(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    """A server that drips is given up with its caller: the thread is needed for others."""
    announced = int(response.headers.get("content-length", 0))
    give_up_at = monotonic() + _LONGEST_S
    found = bytearray()
    while announced <= max_bytes and len(found) <= max_bytes:
        chunk = response.read1(_CHUNK)
        if not chunk:
            return bytes(found)
        found += chunk
        if monotonic() > give_up_at:
            raise HTTPError(f"not all of it within {_LONGEST_S:g} s")
    raise ObjectTooLargeError(f"the object has more than {max_bytes} bytes")

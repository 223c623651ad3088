"""The bucket missing, refusing, stopped or paused: said in bounded time, then healed."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from storage.breaker import CircuitBreaker
from storage.errors import NotFoundError, ObjectTooLargeError, StoreUnavailableError
from storage.images_s3 import S3ImageStore
from storage.settings import BucketSettings
from tests.contract.storage.conftest import bucket_settings
from tests.support.services.connections import S3Elsewhere
from tests.support.services.s3 import S3
from tests.support.within import within

pytestmark = pytest.mark.s3

KEY = "acme/1/abc"


async def put(store: S3ImageStore, content: bytes = b"picture") -> None:
    body = io.BytesIO(content)
    await store.put(KEY, body, size_bytes=len(content), content_type="image/png")


@pytest.fixture
def settings(s3: S3 | S3Elsewhere, bucket_name: str) -> BucketSettings:
    return bucket_settings(s3, bucket_name)


@pytest.fixture
async def store(settings: BucketSettings) -> AsyncIterator[S3ImageStore]:
    """Its bucket is not made."""
    opened = S3ImageStore(settings)
    yield opened
    await opened.aclose()


async def test_a_missing_bucket_is_unavailable(store: S3ImageStore) -> None:
    for ask in (store.check, lambda: put(store), lambda: store.get(KEY, max_bytes=9)):
        with pytest.raises(StoreUnavailableError, match=r"no bucket|bucket does not exist"):
            await ask()


async def test_the_bucket_is_made_once(store: S3ImageStore) -> None:
    await asyncio.gather(*(store.ensure_bucket() for _ in range(4)))
    await store.ensure_bucket()
    await put(store)
    assert await store.get(KEY, max_bytes=9) == b"picture"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"secret_key": SecretStr("wrong")}, "SignatureDoesNotMatch"),
        ({"access_key": SecretStr("nobody")}, "access key|UserNotFound"),
    ],
)
async def test_wrong_keys_are_unavailable_and_say_so(
    store: S3ImageStore,
    settings: BucketSettings,
    changes: dict[str, SecretStr],
    reason: str,
) -> None:
    await store.ensure_bucket()
    stranger = S3ImageStore(settings.model_copy(update=changes))
    with pytest.raises(StoreUnavailableError, match=reason) as caught:
        await put(stranger)
    assert "wrong" not in str(caught.value)
    with pytest.raises(StoreUnavailableError):
        await stranger.check()
    await stranger.aclose()


async def test_nobody_listening_is_unavailable_at_once() -> None:
    keys = {"access_key": SecretStr("a"), "secret_key": SecretStr("s")}
    store = S3ImageStore(BucketSettings(endpoint="127.0.0.1:1", **keys))
    for ask in (store.check, lambda: put(store), lambda: store.get(KEY, max_bytes=9)):
        with within(1), pytest.raises(StoreUnavailableError):
            await ask()
    await store.aclose()


async def test_stopped_then_started(store: S3ImageStore, s3_to_break: S3) -> None:
    await store.ensure_bucket()
    await put(store)
    s3_to_break.stop()
    for ask in (store.check, lambda: put(store), lambda: store.get(KEY, max_bytes=9)):
        with within(2), pytest.raises(StoreUnavailableError):
            await ask()
    s3_to_break.start()
    with pytest.raises(StoreUnavailableError, match="left alone"):
        await put(store)
    await store.check()
    assert await store.get(KEY, max_bytes=9) == b"picture"


async def test_a_dead_server_is_left_alone_and_asked_again_after_the_pause(
    settings: BucketSettings, s3_to_break: S3
) -> None:
    now = 0.0
    breaker = CircuitBreaker("bucket", pause_s=2, clock=lambda: now)
    store = S3ImageStore(settings, breaker=breaker)
    await store.ensure_bucket()
    for _ in range(4):
        with pytest.raises(NotFoundError):
            await store.get(KEY, max_bytes=9)
    await put(store)
    s3_to_break.kill()
    for _ in range(3):
        with pytest.raises(StoreUnavailableError, match="refused"):
            await put(store)
    s3_to_break.start()
    with pytest.raises(StoreUnavailableError, match="left alone"):
        await store.get(KEY, max_bytes=9)
    now += 2
    told = await asyncio.gather(
        *(store.get(KEY, max_bytes=9) for _ in range(20)), return_exceptions=True
    )
    assert told.count(b"picture") == 1, "one has asked, and nineteen were told so"
    assert await store.get(KEY, max_bytes=9) == b"picture"
    await store.aclose()


async def test_a_restart_between_two_calls_is_not_noticed(
    store: S3ImageStore, s3_to_break: S3
) -> None:
    await store.ensure_bucket()
    await asyncio.gather(*(put(store) for _ in range(16)))
    s3_to_break.kill()
    s3_to_break.start()
    await asyncio.gather(*(put(store) for _ in range(16)))


async def test_paused_is_unavailable_and_not_a_hang(
    store: S3ImageStore, settings: BucketSettings, s3_to_break: S3
) -> None:
    await store.ensure_bucket()
    s3_to_break.pause()
    for _ in range(2):
        with within(3), pytest.raises(StoreUnavailableError, match="no answer within 2 s"):
            await store.check()
    s3_to_break.resume()
    await put(store)


def connected_to(port: int) -> list[int]:
    """The local ports of connections of this machine to that one, as the kernel lists them."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    established = [each for each in fields if each[3] == "01"]
    remote = f"0100007F:{port:04X}"
    return [int(each[1].rpartition(":")[2], 16) for each in established if each[2] == remote]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's list in /proc")
async def test_one_connection_serves_call_after_call(
    store: S3ImageStore, s3: S3 | S3Elsewhere
) -> None:
    await store.ensure_bucket()
    port = int(s3.endpoint.rpartition(":")[2])
    for _ in range(10):
        await put(store)
        await store.get(KEY, max_bytes=100)
        with pytest.raises(ObjectTooLargeError):
            await store.get(KEY, max_bytes=1)
        await store.get(KEY, max_bytes=100)
    assert len(connected_to(port)) == 1

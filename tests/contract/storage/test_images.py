"""The contract of ImageStore."""

import asyncio
import io
import os

import pytest

from storage.errors import NotFoundError, ObjectTooLargeError
from storage.ports import ImageStore

KEY = "acme/0b0f6b5e/abc.def_0-9"
NO_KEYS = ["", "/", "/etc/passwd", "../secret", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a b",
           "ä", "a\0b", "a\nb", "a" * 256, "a/" * 256 + "b"]  # fmt: skip


async def put(store: ImageStore, key: str, content: bytes) -> None:
    body = io.BytesIO(content)
    await store.put(key, body, size_bytes=len(content), content_type="image/png")


@pytest.mark.parametrize("size", [1, 157_000, 6_000_000])
async def test_what_was_put_can_be_got(images: ImageStore, size: int) -> None:
    content = os.urandom(size)
    await put(images, KEY, content)
    assert await images.get(KEY, max_bytes=size) == content


async def test_an_empty_object_is_an_object(images: ImageStore) -> None:
    await put(images, KEY, b"")
    assert await images.get(KEY, max_bytes=0) == b""


async def test_the_body_is_read_from_where_it_stands(images: ImageStore) -> None:
    body = io.BytesIO(b"head-picture-tail")
    body.seek(5)
    await images.put(KEY, body, size_bytes=7, content_type="image/png")
    assert await images.get(KEY, max_bytes=100) == b"picture"


async def test_a_body_shorter_than_announced_stores_nothing(images: ImageStore) -> None:
    with pytest.raises(ValueError, match="ended after 3 of 4"):
        await images.put(KEY, io.BytesIO(b"abc"), size_bytes=4, content_type="image/png")
    with pytest.raises(NotFoundError):
        await images.get(KEY, max_bytes=100)


async def test_putting_again_is_no_error(images: ImageStore) -> None:
    await put(images, KEY, b"same")
    await put(images, KEY, b"same")
    assert await images.get(KEY, max_bytes=4) == b"same"


async def test_an_object_larger_than_asked_for_is_refused(images: ImageStore) -> None:
    await put(images, KEY, b"12345")
    with pytest.raises(ObjectTooLargeError):
        await images.get(KEY, max_bytes=4)
    assert await images.get(KEY, max_bytes=5) == b"12345"


async def test_what_is_missing_is_not_found(images: ImageStore) -> None:
    with pytest.raises(NotFoundError, match="acme/none"):
        await images.get("acme/none", max_bytes=10)


async def test_a_folder_of_objects_is_no_object(images: ImageStore) -> None:
    await put(images, "acme/a/b", b"x")
    with pytest.raises(NotFoundError):
        await images.get("acme/a", max_bytes=10)


async def test_deleting_twice_is_no_error(images: ImageStore) -> None:
    await put(images, KEY, b"x")
    await images.delete(KEY)
    await images.delete(KEY)
    with pytest.raises(NotFoundError):
        await images.get(KEY, max_bytes=10)


@pytest.mark.parametrize("key", NO_KEYS, ids=ascii)
async def test_no_key_leads_outside(images: ImageStore, key: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        await put(images, key, b"x")
    with pytest.raises(NotFoundError):
        await images.get(key, max_bytes=10)
    await images.delete(key)


async def test_many_at_once(images: ImageStore) -> None:
    keys = [f"acme/many/{number}" for number in range(40)]
    await asyncio.gather(*(put(images, key, key.encode()) for key in keys))
    found = await asyncio.gather(*(images.get(key, max_bytes=100) for key in keys))
    assert found == [key.encode() for key in keys]


async def test_a_bucket_that_exists_is_well(images: ImageStore) -> None:
    await images.check()

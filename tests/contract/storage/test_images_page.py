"""The contract of ImageStore: all objects, page by page."""

import io
from datetime import UTC, datetime, timedelta

from storage.ports import ImageStore


async def put(store: ImageStore, key: str) -> None:
    await store.put(key, io.BytesIO(b"x"), size_bytes=1, content_type="image/png")


async def keys_of(store: ImageStore, after: str, limit: int) -> list[str]:
    return [each.key for each in await store.page(after, limit)]


async def test_an_empty_bucket_has_an_empty_page(images: ImageStore) -> None:
    assert list(await images.page("", 10)) == []


async def test_objects_come_by_key_in_the_order_of_bytes(images: ImageStore) -> None:
    keys = ["b/a", "acme/10", "acme/2", "b/Z", "acme/1"]
    for key in keys:
        await put(images, key)
    assert await keys_of(images, "", 10) == ["acme/1", "acme/10", "acme/2", "b/Z", "b/a"]


async def test_a_page_begins_behind_a_key_whether_it_is_there_or_not(images: ImageStore) -> None:
    for key in ("acme/1", "acme/2", "acme/3"):
        await put(images, key)
    assert await keys_of(images, "acme/1", 10) == ["acme/2", "acme/3"]
    assert await keys_of(images, "acme/15", 10) == ["acme/2", "acme/3"]
    assert await keys_of(images, "acme/3", 10) == []
    assert await keys_of(images, "zzz", 10) == []


async def test_page_by_page_every_object_is_seen_once(images: ImageStore) -> None:
    keys = sorted(f"acme/{number}" for number in range(23))
    for key in keys:
        await put(images, key)
    seen: list[str] = []
    while page := await keys_of(images, seen[-1] if seen else "", 5):
        assert len(page) <= 5
        seen += page
    assert seen == keys


async def test_it_says_since_when_an_object_is_stored(images: ImageStore) -> None:
    before = datetime.now(UTC)
    await put(images, "acme/1")
    [found] = await images.page("", 10)
    assert found.stored_at.tzinfo is not None
    # Whole seconds are all that some servers tell.
    assert (
        before - timedelta(seconds=2) <= found.stored_at <= datetime.now(UTC) + timedelta(seconds=2)
    )


async def test_what_was_deleted_is_on_no_page(images: ImageStore) -> None:
    await put(images, "acme/1")
    await put(images, "acme/2")
    await images.delete("acme/1")
    assert await keys_of(images, "", 10) == ["acme/2"]

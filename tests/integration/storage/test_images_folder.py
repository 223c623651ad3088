"""What lies in the folder, and what happens when it is gone."""

import io
from pathlib import Path

import pytest

from storage.errors import NotFoundError, StoreUnavailableError
from storage.images_folder import FolderImageStore

KEY = "acme/1/abc"


async def put(store: FolderImageStore, key: str, content: bytes, size_bytes: int) -> None:
    await store.put(key, io.BytesIO(content), size_bytes=size_bytes, content_type="image/png")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_an_object_is_a_file_and_nothing_else_is_left(tmp_path: Path) -> None:
    store = FolderImageStore(tmp_path)
    await put(store, KEY, b"picture", 7)
    await put(store, KEY, b"picture", 7)
    with pytest.raises(ValueError, match="ended after"):
        await put(store, "acme/2/x", b"cut", 7)
    assert files(tmp_path) == [KEY]
    assert (tmp_path / KEY).read_bytes() == b"picture"
    await store.aclose()


async def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = FolderImageStore(tmp_path)
    (tmp_path / KEY).mkdir(parents=True)
    with pytest.raises(StoreUnavailableError) as caught:
        await put(store, KEY, b"picture", 7)
    assert caught.value.dependency == "bucket"
    assert files(tmp_path) == []
    with pytest.raises(NotFoundError):
        await store.get(KEY, max_bytes=9)
    await store.delete(KEY)
    await store.aclose()


async def test_a_folder_that_is_gone_is_unavailable_and_not_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "mounted"
    store = FolderImageStore(folder)
    for ask in (
        store.check,
        lambda: put(store, KEY, b"x", 1),
        lambda: store.get(KEY, max_bytes=9),
    ):
        with pytest.raises(StoreUnavailableError, match="mounted"):
            await ask()
    assert not folder.exists()
    await store.ensure_bucket()
    await store.ensure_bucket()
    await store.check()
    await put(store, KEY, b"x", 1)
    await store.aclose()


async def test_a_file_where_the_folder_should_be_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(b"")
    store = FolderImageStore(tmp_path / "images")
    with pytest.raises(StoreUnavailableError):
        await store.check()
    with pytest.raises(StoreUnavailableError):
        await store.ensure_bucket()
    await store.aclose()

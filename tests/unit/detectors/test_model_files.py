"""The catalog, and which file is taken for a model."""

from dataclasses import replace
from pathlib import Path

import pytest

from processors.detectors.catalog import ModelEntry, bundled_folder, read_catalog
from processors.detectors.files import (
    InstalledModel,
    ModelFileError,
    ModelFolders,
    NoModelError,
    find_model,
    sha256_of,
)
from processors.detectors.install import install_models
from processors.detectors.model_shelf import ModelShelf
from processors.detectors.port import UnknownModelError

BEST, BUNDLED = read_catalog()


@pytest.fixture
def folders(tmp_path: Path) -> ModelFolders:
    for name in ("operator", "cache", "bundled"):
        (tmp_path / name).mkdir()
    return ModelFolders(tmp_path / "operator", tmp_path / "cache", tmp_path / "bundled")


@pytest.fixture
def entry(tmp_path: Path) -> ModelEntry:
    """A model whose right file holds the word model."""
    (tmp_path / "right").write_text("model")
    return replace(BEST, sha256=frozenset({sha256_of(tmp_path / "right")}))


def _put(folder: Path | None, entry: ModelEntry, text: str = "model") -> Path:
    assert folder is not None
    (folder / entry.file).write_text(text)
    return folder / entry.file


def test_the_catalog_prefers_yolox_and_bundles_what_it_says() -> None:
    assert (BEST.name, BEST.decoder, BEST.input_size) == ("yolox-nano", "yolox", 416)
    assert (BUNDLED.name, BUNDLED.decoder) == ("centernet-mbv3", "centernet")
    assert BUNDLED.input_size == 512
    assert sha256_of(bundled_folder() / BUNDLED.file) in BUNDLED.sha256
    assert not (bundled_folder() / BEST.file).exists()
    assert (bundled_folder() / f"LICENSE.{BUNDLED.name}").is_file()


def test_the_operator_comes_first_then_the_cache_then_ours(
    entry: ModelEntry, folders: ModelFolders
) -> None:
    assert find_model(entry, folders) is None
    for folder in (folders.bundled, folders.cache, folders.operator):
        path = _put(folder, entry)
        found = find_model(entry, folders)
        assert found is not None
        assert found.path == path


def test_an_operator_folder_that_is_not_there_is_passed_over(
    entry: ModelEntry, folders: ModelFolders
) -> None:
    _put(folders.bundled, entry)
    for operator in (None, folders.cache / "nowhere"):
        assert find_model(entry, replace(folders, operator=operator)) is not None


def test_a_wrong_file_of_the_operator_is_an_error_that_names_both_hashes(
    entry: ModelEntry, folders: ModelFolders
) -> None:
    path = _put(folders.operator, entry, "something else")
    _put(folders.bundled, entry)
    with pytest.raises(ModelFileError) as caught:
        find_model(entry, folders)
    for part in (str(path), sha256_of(path), *entry.sha256):
        assert part in str(caught.value)


def test_a_wrong_file_in_the_cache_is_removed(entry: ModelEntry, folders: ModelFolders) -> None:
    path = _put(folders.cache, entry, "half a download")
    assert find_model(entry, folders) is None
    assert not path.exists()


def test_the_cache_is_where_xdg_says() -> None:
    folders = ModelFolders.of(None, {"XDG_CACHE_HOME": "/somewhere"})
    assert folders.cache == Path("/somewhere/ai-image-analyzer/models")
    assert ModelFolders.of(None, {}).cache == Path.home() / ".cache/ai-image-analyzer/models"


def test_only_the_best_is_fetched_and_only_when_it_is_missing(
    entry: ModelEntry, folders: ModelFolders
) -> None:
    asked: list[str] = []

    def fetch(wanted: ModelEntry, cache: Path) -> InstalledModel | None:
        asked.append(wanted.name)
        return None

    second = replace(entry, name="second", file="second.onnx")
    _put(folders.bundled, second)
    without = install_models((entry, second), folders, fetch=fetch)
    _put(folders.cache, entry)
    with_it = install_models((entry, second), folders, fetch=fetch)
    assert [model.entry.name for model in without] == ["second"]
    assert [model.entry.name for model in with_it] == ["yolox-nano", "second"]
    assert asked == ["yolox-nano"]


def test_no_model_at_all_is_an_error(entry: ModelEntry, folders: ModelFolders) -> None:
    with pytest.raises(NoModelError, match="yolox-nano"):
        install_models((entry,), folders, fetch=None)
    with pytest.raises(ValueError, match="at least one"):
        ModelShelf(())


def test_the_shelf_knows_its_models_by_name(tmp_path: Path) -> None:
    shelf = ModelShelf(
        [InstalledModel(BEST, tmp_path, "a" * 64), InstalledModel(BUNDLED, tmp_path, "b" * 64)]
    )
    assert shelf.preferred == shelf.model(None) == shelf.model("yolox-nano")
    assert shelf.model("centernet-mbv3").sha256 == "b" * 64
    with pytest.raises(UnknownModelError, match="yolox-nano, centernet-mbv3"):
        shelf.model("other")

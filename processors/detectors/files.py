"""Finding the file of a model, and refusing every file that is not exactly the one meant."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from processors.detectors.catalog import ModelEntry, bundled_folder


class ModelFileError(Exception):
    """A file lies where a model should be and is not that model."""

    def __init__(self, path: Path, *, wanted: tuple[str, ...], found: str) -> None:
        super().__init__(
            f"{path}: not the model it should be; sha256 is {found}, wanted {' or '.join(wanted)}. "
            "Remove the file, or put the right one in its place."
        )


class NoModelError(Exception):
    """Not one model of the catalog is installed, or could be."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model whose file is there; `sha256` is the hash of that very file."""

    entry: ModelEntry
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """Where models are looked for, in this order: the operator's folder, the cache, our own."""

    operator: Path | None
    cache: Path
    bundled: Path

    @classmethod
    def of(cls, operator: Path | None, environment: Mapping[str, str]) -> "ModelFolders":
        """`operator` may be None or not exist: then it is passed over."""
        return cls(operator, cache_folder(environment), bundled_folder())


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Below XDG_CACHE_HOME, or ~/.cache where that is not set."""
    root = environment.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "ai-image-analyzer" / "models"


def find_model(entry: ModelEntry, folders: ModelFolders) -> InstalledModel | None:
    """None when the file is nowhere.

    Raises ModelFileError for a wrong file in the operator's folder or among our own. A wrong file
    in the cache is removed, since it can be fetched again.
    """
    if folders.operator is not None:
        named = _checked(entry, folders.operator / entry.file)
        if named is not None:
            return named
    return _from_cache(entry, folders.cache) or _checked(entry, folders.bundled / entry.file)


def require_model(catalog: Iterable[ModelEntry], folders: ModelFolders) -> None:
    """Changes nothing and downloads nothing. Raises ModelFileError for a wrong file that keeps a
    detector from starting, and NoModelError when the right one of no model lies ready."""
    names = []
    for entry in catalog:
        cached = folders.cache / entry.file
        named = folders.operator and _checked(entry, folders.operator / entry.file)
        bundled = _checked(entry, folders.bundled / entry.file)
        if named or bundled or (cached.is_file() and sha256_of(cached) in entry.sha256):
            return
        names.append(entry.name)
    raise NoModelError(f"none of {', '.join(names)} is installed; put one into the model folder")


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked(entry: ModelEntry, path: Path) -> InstalledModel | None:
    if not path.is_file():
        return None
    found = sha256_of(path)
    if found not in entry.sha256:
        raise ModelFileError(path, wanted=tuple(sorted(entry.sha256)), found=found)
    return InstalledModel(entry, path, found)


def _from_cache(entry: ModelEntry, cache: Path) -> InstalledModel | None:
    try:
        return _checked(entry, cache / entry.file)
    except ModelFileError:
        (cache / entry.file).unlink(missing_ok=True)
        return None

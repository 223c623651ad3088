"""Which models this process can run: what lies in the folders, and the preferred one fetched."""

from collections.abc import Callable
from pathlib import Path

from processors.detectors.catalog import ModelEntry
from processors.detectors.download import fetch_model
from processors.detectors.files import InstalledModel, ModelFolders, NoModelError, find_model

Fetch = Callable[[ModelEntry, Path], InstalledModel | None]


def install_models(
    catalog: tuple[ModelEntry, ...], folders: ModelFolders, *, fetch: Fetch | None = fetch_model
) -> tuple[InstalledModel, ...]:
    """Every installed model, best first; only the best of the catalog is ever downloaded.

    With `fetch` of None nothing is downloaded. Blocks for up to about 23 seconds, and for three
    without internet. Raises ModelFileError for a wrong file and NoModelError when there is none.
    """
    found = {entry.name: find_model(entry, folders) for entry in catalog}
    best = catalog[0]
    if found[best.name] is None and fetch is not None:
        found[best.name] = fetch(best, folders.cache)
    installed = tuple(model for model in found.values() if model is not None)
    if not installed:
        names = ", ".join(entry.name for entry in catalog)
        raise NoModelError(f"none of {names} is installed; put one into the model folder")
    return installed

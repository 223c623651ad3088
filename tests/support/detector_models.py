"""The models and pictures that detector tests work with."""

from pathlib import Path

from processors.detectors.catalog import bundled_folder, read_catalog
from processors.detectors.files import InstalledModel, ModelFolders
from processors.detectors.found import Selection
from processors.detectors.install import install_models
from tests.support.shared_folder import shared_folder

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def selection(
    threshold: float = 0.5,
    *,
    iou: float = 0.45,
    most: int = 50,
    labels: frozenset[str] | None = None,
) -> Selection:
    return Selection(threshold, iou, most, labels)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.jpg").read_bytes()


def bundled_models() -> tuple[InstalledModel, ...]:
    """What ships, and nothing from this machine's cache."""
    nowhere = Path("/nonexistent")
    folders = ModelFolders(None, nowhere, bundled_folder())
    return install_models(read_catalog(), folders, fetch=None)


def both_models() -> tuple[InstalledModel, ...]:
    """YOLOX-Nano first; the test is skipped where that is not to be had."""
    folders = ModelFolders(shared_folder() / "models", Path("/nonexistent"), bundled_folder())
    return install_models(read_catalog(), folders, fetch=None)

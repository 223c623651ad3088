"""The model catalog: which models exist, which files may serve as them, how they are read."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

DecoderKind = Literal["yolox", "centernet"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """confidence = sigmoid(slope * logit(raw score) + intercept): Platt scaling on the logit."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model. Any file whose SHA-256 is in `sha256` may serve under this name."""

    name: str
    version: str
    file: str
    sha256: frozenset[str]
    licence: str
    source: str
    decoder: DecoderKind
    input_size: int
    download_url: str | None = None
    calibration: Calibration | None = None


def bundled_folder() -> Path:
    """Where the catalog and the model that ships with the product lie."""
    return Path(str(files("models")))


def read_catalog(path: Path | None = None) -> tuple[ModelEntry, ...]:
    """Best model first. Raises OSError, TOMLDecodeError, KeyError or TypeError for a bad file."""
    text = (path or bundled_folder() / "catalog.toml").read_text(encoding="utf-8")
    return tuple(_to_entry(table) for table in tomllib.loads(text)["model"])


def _to_entry(table: dict[str, Any]) -> ModelEntry:
    calibration = table.pop("calibration", None)
    return ModelEntry(
        **{**table, "sha256": frozenset(table["sha256"])},
        calibration=None if calibration is None else Calibration(**calibration),
    )

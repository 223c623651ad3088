"""Where the model and the photographs lie that may be used in tests and are not shipped."""

import os
from pathlib import Path

import pytest


def shared_folder() -> Path:
    """ANALYZER_SHARED_DIR, or `shared` beside the repository; the test is skipped without it."""
    named = os.environ.get("ANALYZER_SHARED_DIR")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared"
    if not (folder / "models" / "yolox_nano.onnx").is_file():
        pytest.skip(f"no models/yolox_nano.onnx in {folder}; set ANALYZER_SHARED_DIR")
    return folder

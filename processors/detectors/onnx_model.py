"""One ONNX model, ready to run: session, input canvas and decoder that belong together."""

import hashlib
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from processors.detectors.candidates import Candidates, Decoder
from processors.detectors.catalog import ModelEntry
from processors.detectors.centernet import CenternetDecoder
from processors.detectors.files import InstalledModel, ModelFileError
from processors.detectors.preprocess import Canvas
from processors.detectors.yolox import YoloxDecoder


class OnnxModel:
    """Single-threaded; the input shape is fixed, so that the memory arena does not grow."""

    def __init__(self, installed: InstalledModel) -> None:
        self.name = installed.entry.name
        self.canvas = _canvas(installed.entry)
        self._decoder = _decoder(installed.entry)
        self._session = _session(installed, self.canvas.size)
        self._input = self._session.get_inputs()[0].name

    def warm_up(self) -> None:
        """The first run allocates what all later ones use again."""
        self.infer(threshold=1.0)

    def infer(self, threshold: float) -> Candidates:
        """Run on what lies on the canvas."""
        outputs: list[NDArray[np.generic]] = self._session.run(
            None, {self._input: self.canvas.tensor}
        )
        return self._decoder.decode(outputs, threshold)


def _canvas(entry: ModelEntry) -> Canvas:
    if entry.decoder == "yolox":
        return Canvas(entry.input_size, padding=114, is_rgb=False)
    return Canvas(entry.input_size, padding=0, is_rgb=True)


def _decoder(entry: ModelEntry) -> Decoder:
    if entry.decoder == "yolox":
        return YoloxDecoder(entry.input_size)
    return CenternetDecoder(entry.calibration)


def _session(installed: InstalledModel, size: int) -> Any:
    """From bytes, not from a path: what is hashed is what runs, and no file beside it is read."""
    model = installed.path.read_bytes()
    found = hashlib.sha256(model).hexdigest()
    if found != installed.sha256:
        raise ModelFileError(installed.path, wanted=(installed.sha256,), found=found)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    for name, value in (("N", 1), ("H", size), ("W", size)):
        options.add_free_dimension_override_by_name(name, value)
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

"""One item, start to end, inside a child: open, decode, place, infer, select."""

import time

import cv2

from processors.detectors.decode_image import decode_image
from processors.detectors.files import InstalledModel
from processors.detectors.found import Detections, Picture, Selection
from processors.detectors.inspect_image import open_image, read_orientation
from processors.detectors.limits import PictureLimits
from processors.detectors.onnx_model import OnnxModel
from processors.detectors.preprocess import Fit, fit
from processors.detectors.refusal import Refusal, to_refusal
from processors.detectors.select_objects import select_objects


class Runner:
    """Runs any installed model; each is loaded at its first use. Not for two threads."""

    def __init__(self, models: tuple[InstalledModel, ...], limits: PictureLimits) -> None:
        self._installed = {model.entry.name: model for model in models}
        self._limits = limits
        self._loaded: dict[str, OnnxModel] = {}

    def load(self, name: str) -> OnnxModel:
        """Raise OSError, ModelFileError or ONNX Runtime's own error when it does not load."""
        if name not in self._loaded:
            self._loaded[name] = OnnxModel(self._installed[name])
            self._loaded[name].warm_up()
        return self._loaded[name]

    def has_loaded(self, name: str) -> bool:
        return name in self._loaded

    def run(self, image: bytes, selection: Selection, name: str) -> Detections | Refusal:
        """A refusal is the picture's fault. MemoryError and what the model raises pass through."""
        model = self.load(name)
        began = time.perf_counter()
        try:
            picture, placed = self._place(image, model)
        except Exception as error:
            if _is_lack_of_memory(error):
                raise
            return to_refusal(error)
        candidates = model.infer(selection.confidence_threshold)
        extent = (picture.width * placed.scale, picture.height * placed.scale)
        objects = select_objects(candidates, selection, extent=extent)
        took_ms = (time.perf_counter() - began) * 1000
        return Detections(objects, picture, round(took_ms, 3), name)

    def _place(self, image: bytes, model: OnnxModel) -> tuple[Picture, Fit]:
        opened = open_image(image, self._limits)
        with opened.handle:
            small = fit(opened.width, opened.height, model.canvas.size)
            pixels = decode_image(opened, at_least=(small.width, small.height))
            orientation = read_orientation(opened)
        width, height = opened.width, opened.height
        if orientation >= 5:
            width, height = height, width
        picture = Picture(width, height, opened.format, opened.color_space, len(image))
        return picture, model.canvas.place(pixels, orientation, width, height)


def _is_lack_of_memory(error: Exception) -> bool:
    if isinstance(error, cv2.error):
        return error.code == cv2.Error.StsNoMem
    return isinstance(error, MemoryError)

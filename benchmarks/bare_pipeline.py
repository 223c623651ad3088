"""Detection as one would write it by hand: Pillow, numpy, onnxruntime, one file.

JPEG bytes to a list of boxes, for YOLOX (Ge et al., 2021) and CenterNet (Zhou et al., 2019).
"""

import io
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

SCORE = 0.25
IOU = 0.45
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """Corners in pixels of the picture."""

    label: int
    confidence: float
    corners: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Steps:
    """Seconds of each step for one picture."""

    decode: float
    resize: float
    infer: float
    select: float

    @property
    def total(self) -> float:
        return self.decode + self.resize + self.infer + self.select


class BarePipeline:
    """Single-threaded. `detect` may be called by several threads at once."""

    def __init__(self, model: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self._is_yolox = len(self._session.get_outputs()) == 1
        self._size = 416 if self._is_yolox else 512
        self._cells, self._strides = _grid(self._size)

    def detect(self, jpeg: bytes) -> list[Box]:
        tensor, scale = self._tensor(decode(jpeg, self._size))
        return self._select(self._infer(tensor), scale)

    def timed(self, jpeg: bytes) -> Steps:
        moments = [time.perf_counter()]
        image = decode(jpeg, self._size)
        moments.append(time.perf_counter())
        tensor, scale = self._tensor(image)
        moments.append(time.perf_counter())
        outputs = self._infer(tensor)
        moments.append(time.perf_counter())
        self._select(outputs, scale)
        moments.append(time.perf_counter())
        return Steps(*(after - before for before, after in pairwise(moments)))

    def _infer(self, tensor: Floats) -> list[Any]:
        outputs: list[Any] = self._session.run(None, {self._input: tensor})
        return outputs

    def _tensor(self, image: Image.Image) -> tuple[Floats, float]:
        """The picture in the top left corner of a square, and how much smaller it is there."""
        size = self._size
        scale = min(size / image.width, size / image.height)
        small = image.resize(
            (int(image.width * scale), int(image.height * scale)), Image.Resampling.BILINEAR
        )
        pixels = np.asarray(small)
        square = np.full((size, size, 3), 114 if self._is_yolox else 0, np.uint8)
        square[: small.height, : small.width] = pixels[..., ::-1] if self._is_yolox else pixels
        return np.ascontiguousarray(square.transpose(2, 0, 1)[None], np.float32), scale

    def _select(self, outputs: list[Any], scale: float) -> list[Box]:
        read = self._read_yolox if self._is_yolox else _read_centernet
        corners, confidence, label = read(outputs)
        return [
            Box(int(label[i]), float(confidence[i]), tuple((corners[i] / scale).tolist()))
            for i in without_overlaps(corners, confidence, label)
        ]

    def _read_yolox(self, outputs: list[Any]) -> tuple[Floats, Floats, NDArray[np.int64]]:
        rows = outputs[0][0]
        scores = rows[:, 4:5] * rows[:, 5:]
        label = scores.argmax(axis=1)
        confidence = scores[np.arange(len(rows)), label]
        kept = np.flatnonzero(confidence > SCORE)
        rows, strides = rows[kept], self._strides[kept]
        centre = (rows[:, :2] + self._cells[kept]) * strides
        half = np.exp(rows[:, 2:4]) * strides / 2
        return np.concatenate((centre - half, centre + half), 1), confidence[kept], label[kept]


def decode(jpeg: bytes, size: int) -> Image.Image:
    """Pillow lets libjpeg shrink by 2, 4 or 8 while it decodes, never below `size`."""
    image = Image.open(io.BytesIO(jpeg))
    image.draft("RGB", (size, size))
    return image.convert("RGB")


def without_overlaps(corners: Floats, confidence: Floats, label: NDArray[np.int64]) -> list[int]:
    """Indices of the boxes that stay, the surest first; boxes of two classes do not compete."""
    apart = corners + label[:, None] * 10_000.0
    area = (apart[:, 2] - apart[:, 0]) * (apart[:, 3] - apart[:, 1])
    order = confidence.argsort()[::-1]
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(apart[best, :2], apart[order, :2])
        high = np.minimum(apart[best, 2:], apart[order, 2:])
        common = (high - low).clip(0).prod(axis=1)
        order = order[common / (area[best] + area[order] - common) <= IOU]
    return kept


def _read_centernet(outputs: list[Any]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    corners, confidence, label = (output[0] for output in outputs[:3])
    kept = np.flatnonzero(confidence > SCORE)
    return corners[kept], confidence[kept], label[kept].astype(np.int64)


def _grid(size: int) -> tuple[Floats, Floats]:
    """For each row of YOLOX's output: its cell (x, y), and the stride of its grid."""
    cells, strides = [], []
    for stride in (8, 16, 32):
        count = size // stride
        x, y = np.meshgrid(np.arange(count), np.arange(count))
        cells.append(np.stack((x, y), 2).reshape(-1, 2))
        strides.append(np.full((count * count, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)

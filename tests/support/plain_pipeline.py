"""Detection written down plainly, one step after the other, to compare the product with.

Slow on purpose: no tricks, no buffers that are used twice, no vectors where a loop reads better.
"""

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = 416


@dataclass(frozen=True)
class PlainBox:
    """Corners as the caller wants them: input pixels or fractions."""

    label: int
    confidence: float
    left: float
    top: float
    right: float
    bottom: float


def letterbox(data: bytes) -> tuple[NDArray[np.float32], float, int, int]:
    """YOLOX's input by Pillow: the tensor, the scale, and the size of the picture."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    scale = min(SIZE / image.width, SIZE / image.height)
    small = image.resize(
        (int(image.width * scale), int(image.height * scale)), Image.Resampling.BILINEAR
    )
    sheet = Image.new("RGB", (SIZE, SIZE), (114, 114, 114))
    sheet.paste(small, (0, 0))
    blue_green_red = np.asarray(sheet, np.float32)[:, :, ::-1]
    return (
        np.ascontiguousarray(blue_green_red.transpose(2, 0, 1)[None]),
        scale,
        image.width,
        image.height,
    )


def smoothed(image: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Each pixel mixed with its neighbours by a Gaussian of three by three; edges repeat."""
    side = math.exp(-1 / (2 * sigma**2))
    result = image.astype(float)
    for axis in (0, 1):
        padding = [(1, 1) if axis == number else (0, 0) for number in range(3)]
        padded = np.pad(result, padding, mode="edge")
        length = result.shape[axis]
        before, middle, after = (
            np.take(padded, range(start, start + length), axis) for start in range(3)
        )
        result = (side * before + middle + side * after) / (1 + 2 * side)
    return np.asarray(np.rint(result), np.uint8)


def linear_resize(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float64]:
    """Each new pixel from its four nearest old ones, pixel centres aligned."""
    result = np.zeros((height, width, image.shape[2]))
    for row in range(height):
        y0, y1, down = _between(row, image.shape[0], height)
        for column in range(width):
            x0, x1, across = _between(column, image.shape[1], width)
            upper = image[y0, x0] * (1 - across) + image[y0, x1] * across
            lower = image[y1, x0] * (1 - across) + image[y1, x1] * across
            result[row, column] = upper * (1 - down) + lower * down
    return result


def _between(index: int, old: int, new: int) -> tuple[int, int, float]:
    place = min(max((index + 0.5) * old / new - 0.5, 0), old - 1)
    first = int(place)
    return first, min(first + 1, old - 1), place - first


def yolox_boxes(rows: NDArray[np.float32], threshold: float) -> list[PlainBox]:
    """Every row over the threshold, in input pixels; by the three grids, cell after cell."""
    boxes = []
    cells = ((x, y, s) for s in (8, 16, 32) for y in range(SIZE // s) for x in range(SIZE // s))
    for row, (x, y, stride) in zip(rows.tolist(), cells, strict=True):
        label = row.index(max(row[5:]), 5) - 5
        confidence = row[4] * row[5 + label]
        if confidence >= threshold:
            centre_x, centre_y = (row[0] + x) * stride, (row[1] + y) * stride
            half_width, half_height = math.exp(row[2]) * stride / 2, math.exp(row[3]) * stride / 2
            boxes.append(
                PlainBox(label, confidence, centre_x - half_width, centre_y - half_height,
                         centre_x + half_width, centre_y + half_height)
            )  # fmt: skip
    return boxes


def without_overlaps(boxes: list[PlainBox], iou_threshold: float) -> list[PlainBox]:
    """The surest first; a box stays unless a surer one of its class overlaps it too much."""
    kept: list[PlainBox] = []
    for box in sorted(boxes, key=lambda box: -box.confidence):
        rivals = (other for other in kept if other.label == box.label)
        if all(overlap(box, rival) <= iou_threshold for rival in rivals):
            kept.append(box)
    return kept


def overlap(one: PlainBox, other: PlainBox) -> float:
    """Intersection over union."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    common = max(width, 0) * max(height, 0)
    return common / (_area(one) + _area(other) - common)


def _area(box: PlainBox) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def detect_plainly(session: Any, data: bytes, threshold: float) -> list[PlainBox]:
    """YOLOX from bytes to boxes in fractions of the picture, clipped to it."""
    tensor, scale, width, height = letterbox(data)
    rows = session.run(None, {"images": tensor})[0][0]
    return [
        PlainBox(
            box.label,
            box.confidence,
            *(min(max(edge / scale / side, 0), 1) for edge, side in zip(
                (box.left, box.top, box.right, box.bottom), (width, height) * 2, strict=True)),
        )
        for box in without_overlaps(yolox_boxes(rows, threshold), 0.45)
    ]  # fmt: skip


def plain_session(model: Path) -> Any:
    import onnxruntime  # noqa: PLC0415 - only these comparisons need it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

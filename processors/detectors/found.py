"""What is asked of a picture and what was found in it; all that crosses to a child and back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects to report. The threshold and the labels apply before `max_objects`.

    `labels` of None means every name.
    """

    confidence_threshold: float
    iou_threshold: float
    max_objects: int
    labels: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Detection:
    """One object; x, y (top-left), width and height are fractions of the upright image."""

    name: str
    confidence: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture as it came; width and height in pixels after EXIF orientation.

    `format` is jpeg, png, webp or gif; `color_space` is Pillow's name of the mode, such as RGB,
    L, P or CMYK.
    """

    width: int
    height: int
    format: str
    color_space: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Detections:
    """Objects by falling confidence; `took_ms` is the time in the child, decoding included."""

    objects: tuple[Detection, ...]
    picture: Picture
    took_ms: float
    model: str

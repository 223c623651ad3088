"""A picture with a labelled box round each object. For pictures that we trust: this decodes."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from schemas.result import AnalysisResult, DetectedObject

_COLOURS = ("#e6194b", "#0082c8", "#3a9d3a", "#d2691e", "#911eb4", "#008080", "#b8860b", "#c71585")


def draw_boxes(picture: Path, result: AnalysisResult, target: Path) -> None:
    """Writes `target` as JPEG. Raises OSError for a picture that is none."""
    with Image.open(picture) as opened:
        canvas = ImageOps.exif_transpose(opened).convert("RGB")
    pen = ImageDraw.Draw(canvas)
    size = max(14, min(canvas.size) // 25)
    font = ImageFont.load_default(size)
    for found in sorted(result.detected_objects, key=lambda one: one.confidence):
        _draw(pen, found, canvas.size, font)
    canvas.save(target, "JPEG", quality=92)


def _draw(
    pen: ImageDraw.ImageDraw,
    found: DetectedObject,
    size: tuple[int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    (width, height), box = size, found.bounding_box
    left, top = box.x * width, box.y * height
    right, bottom = left + box.width * width, top + box.height * height
    colour = _COLOURS[sum(found.name.encode()) % len(_COLOURS)]
    pen.rectangle((left, top, right, bottom), outline=colour, width=max(2, min(size) // 150))
    label = f"{found.name} {found.confidence:.0%}"
    x0, y0, x1, y1 = pen.textbbox((0, 0), label, font=font)
    text_width, text_height = x1 - x0 + 8, y1 - y0 + 8
    at_x = min(max(0.0, left), max(0.0, width - text_width))
    at_y = top - text_height if top >= text_height else top
    pen.rectangle((at_x, at_y, at_x + text_width, at_y + text_height), fill=colour)
    pen.text((at_x + 4 - x0, at_y + 4 - y0), label, fill="white", font=font)

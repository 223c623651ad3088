"""Detections for people: boxes drawn, tables written."""

from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from cli.detections_table import detections_table, summary
from cli.draw_boxes import draw_boxes
from schemas.result import AnalysisResult


def result(*objects: tuple[str, float, tuple[float, float, float, float]]) -> AnalysisResult:
    found = [
        {
            "object_id": f"obj_{number}",
            "name": name,
            "confidence": confidence,
            "bounding_box": dict(zip(("x", "y", "width", "height"), box, strict=True)),
        }
        for number, (name, confidence, box) in enumerate(objects, 1)
    ]
    return AnalysisResult.model_validate(
        {
            "request_id": UUID(int=1),
            "timestamp": "2026-01-15T10:30:00Z",
            "detected_objects": found,
            "image_metadata": None,
            "processing_time_ms": 41.6,
            "confidence_threshold": 0.5,
            "total_objects_detected": len(found),
            "model": {"name": "m", "version": "1", "sha256": "0" * 64},
        }
    )


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "grey.png"
    Image.new("RGB", (200, 100), "#808080").save(file)
    return file


def test_a_box_is_drawn_where_it_is(picture: Path, tmp_path: Path) -> None:
    target = tmp_path / "drawn.jpg"
    draw_boxes(picture, result(("cat", 0.9, (0.25, 0.5, 0.5, 0.4))), target)
    with Image.open(target) as drawn:
        assert drawn.size == (200, 100)
        edge, inside, outside = (drawn.getpixel(at) for at in ((50, 75), (100, 75), (10, 90)))
    assert isinstance(edge, tuple)
    assert max(abs(edge[0] - edge[1]), abs(edge[1] - edge[2])) > 40, "the edge has a colour"
    for grey in (inside, outside):
        assert isinstance(grey, tuple)
        assert all(abs(channel - 128) < 12 for channel in grey)


def test_labels_stay_inside_the_picture(picture: Path, tmp_path: Path) -> None:
    target = tmp_path / "drawn.jpg"
    draw_boxes(picture, result(("dining table", 1.0, (0.9, 0.0, 0.1, 1.0))), target)
    with Image.open(target) as drawn:
        top = [drawn.getpixel((x, 4)) for x in range(100, 195)]
    whites = [pixel for pixel in top if isinstance(pixel, tuple) and min(pixel) > 200]
    coloured = [pixel for pixel in top if isinstance(pixel, tuple) and max(pixel) - min(pixel) > 40]
    assert whites or coloured


def test_an_empty_result_leaves_the_picture_as_it_is(picture: Path, tmp_path: Path) -> None:
    draw_boxes(picture, result(), tmp_path / "drawn.jpg")
    assert (tmp_path / "drawn.jpg").exists()


def test_the_table_has_the_best_first() -> None:
    table = detections_table(
        result(("cup", 0.55, (0.1, 0.2, 0.3, 0.4)), ("person", 0.91, (0, 0, 1, 1)))
    )
    head, first, second = table.splitlines()
    assert head == "2 objects in 42 ms by m 1"
    assert first.split()[:2] == ["person", "0.91"]
    assert second.split() == (
        ["cup", "0.55", "x", "10%", "y", "20%", "width", "30%", "height", "40%"]
    )


def test_nothing_found_is_said() -> None:
    assert "nothing over a confidence of 0.5" in detections_table(result())
    assert summary(result()) == "nothing"
    assert summary(result(("cup", 0.5, (0, 0, 1, 1)))) == "cup 0.50"

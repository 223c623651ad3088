"""Detections as lines of text for a terminal."""

from schemas.result import AnalysisResult, DetectedObject


def detections_table(result: AnalysisResult) -> str:
    """One line an object, best first; boxes in per cent of the picture."""
    model = result.model
    head = (
        f"{result.total_objects_detected} objects in {result.processing_time_ms:.0f} ms "
        f"by {model.name} {model.version}"
    )
    if not result.detected_objects:
        return f"{head}: nothing over a confidence of {result.confidence_threshold:g}"
    width = max(len(found.name) for found in result.detected_objects)
    ranked = sorted(result.detected_objects, key=lambda found: -found.confidence)
    return "\n".join([head, *(_line(found, width) for found in ranked)])


def summary(result: AnalysisResult) -> str:
    """`person 0.91, cup 0.55`; `nothing` for an empty picture."""
    ranked = sorted(result.detected_objects, key=lambda found: -found.confidence)
    return ", ".join(f"{found.name} {found.confidence:.2f}" for found in ranked) or "nothing"


def _line(found: DetectedObject, width: int) -> str:
    box = found.bounding_box
    return (
        f"  {found.name.ljust(width)}  {found.confidence:4.2f}  "
        f"x {box.x:4.0%}  y {box.y:4.0%}  width {box.width:4.0%}  height {box.height:4.0%}"
    )

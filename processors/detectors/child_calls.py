"""What the parent asks of a child, nameable without importing OpenCV and ONNX Runtime."""

from processors.detectors.child_messages import ChildPlan, Greeting, Reply
from processors.detectors.found import Selection


def start_child(plan: ChildPlan) -> None:
    """The first call in every child. It never raises: `greet` tells what went wrong."""
    from processors.detectors import child  # noqa: PLC0415 - heavy, and for the child alone

    child.start(plan)


def greet(linger_s: float) -> Greeting:
    """Lingers, so that the next greeting goes to another child."""
    from processors.detectors import child  # noqa: PLC0415 - heavy, and for the child alone

    return child.greet(linger_s)


def run_item(image: bytes, selection: Selection, model: str) -> Reply:
    """Raises nothing: whatever goes wrong comes back as a value."""
    from processors.detectors import child  # noqa: PLC0415 - heavy, and for the child alone

    return child.run_item(image, selection, model)

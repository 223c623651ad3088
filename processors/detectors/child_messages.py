"""What travels between the parent and its children; light, for the parent imports it too."""

from dataclasses import dataclass

from processors.detectors.files import InstalledModel
from processors.detectors.found import Detections
from processors.detectors.limits import ChildLimits
from processors.detectors.refusal import Refusal


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """All that a child is told when it starts. The first model is loaded at once."""

    models: tuple[InstalledModel, ...]
    limits: ChildLimits


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The child could not do it, for lack of memory most likely; the picture may be innocent."""

    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of one item, and whether this child has grown beyond its allowance."""

    outcome: Detections | Refusal | Breakdown
    has_grown: bool


@dataclass(frozen=True, slots=True)
class Greeting:
    """Who is there. `trouble` says why this child cannot work; it is empty when it can.
    `is_confined` says that the kernel keeps it from the network, other programs and processes."""

    pid: int
    trouble: str
    is_confined: bool

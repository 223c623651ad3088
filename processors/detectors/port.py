"""The detector port: bytes of a picture in, the objects found in it out."""

from collections.abc import Callable
from typing import Protocol

from processors.detectors.found import Detection, Detections, Picture, Selection
from schemas.failures import FailureCode
from schemas.result import ModelInfo

__all__ = [
    "Detection",
    "Detections",
    "Detector",
    "DetectorCrashedError",
    "DetectorStartError",
    "NotWantedError",
    "Picture",
    "PictureError",
    "Selection",
    "UnknownModelError",
]


class PictureError(Exception):
    """The picture is at fault: final, the same bytes fail again. `message` is for the client."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class DetectorCrashedError(Exception):
    """The child died, ran out of memory or over its deadline: worth another try."""


class DetectorStartError(Exception):
    """The children cannot work at all, for instance because a model does not load."""


class NotWantedError(Exception):
    """While the picture waited for its turn its result became of no use; nothing was done."""


class UnknownModelError(Exception):
    """No installed model has that name; the text lists those that are."""


def always() -> bool:
    """Wanted, whatever happens."""
    return True


class Detector(Protocol):
    """Finds objects. Waiting work is served interactive first, then in order of arrival."""

    async def start(self) -> None:
        """Return when the first picture will be served at full speed, or raise."""
        ...

    async def aclose(self) -> None:
        """Let go of everything; whoever still waits gets DetectorCrashedError."""
        ...

    async def detect(
        self,
        image: bytes,
        selection: Selection,
        *,
        model: str | None,
        interactive: bool = True,
        is_wanted: Callable[[], bool] = always,
    ) -> Detections:
        """Raise PictureError, DetectorCrashedError or UnknownModelError, and NotWantedError when
        `is_wanted` says no as the turn of the picture comes.

        A caller that is cancelled while it waits frees its place. Once the work has begun it runs
        to its end and nobody gets the answer.
        """
        ...

    @property
    def preferred(self) -> ModelInfo:
        """The model that runs when none is named."""
        ...

    def model(self, name: str | None) -> ModelInfo:
        """The installed model of that name, or the preferred one for None."""
        ...

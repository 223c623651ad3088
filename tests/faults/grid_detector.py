"""A detector that reads the number in the picture and answers with it."""

import asyncio
import time
from collections.abc import Callable

from processors.detectors.found import Detection, Detections, Picture, Selection
from processors.detectors.port import NotWantedError, PictureError, UnknownModelError, always
from schemas.failures import FailureCode
from schemas.result import ModelInfo
from tests.faults.pictures import UnreadableError, box_of, number_in

GRID_MODEL = ModelInfo(name="grid", version="1", sha256="0" * 64)


class GridDetector:
    """Each picture takes `delay_s`, so that a kill finds some in work. A selection is not applied:
    there is one object, the number."""

    def __init__(self, delay_s: float = 0.03) -> None:
        self._delay_s = delay_s

    @property
    def preferred(self) -> ModelInfo:
        return GRID_MODEL

    def model(self, name: str | None) -> ModelInfo:
        if name in {None, GRID_MODEL.name}:
            return GRID_MODEL
        raise UnknownModelError(f"no model {name!r}")

    async def start(self) -> None:
        """Nothing to start."""

    async def aclose(self) -> None:
        """Nothing to close."""

    async def detect(
        self,
        image: bytes,
        selection: Selection,
        *,
        model: str | None,
        interactive: bool = True,
        is_wanted: Callable[[], bool] = always,
    ) -> Detections:
        del selection, interactive
        if not is_wanted():
            raise NotWantedError("cancelled or late")
        began = time.perf_counter()
        name = self.model(model).name
        try:
            x, y, width, height = box_of(number_in(image))
        except UnreadableError as error:
            raise PictureError(FailureCode.IMAGE_UNDECODABLE, str(error)) from error
        await asyncio.sleep(self._delay_s)
        return Detections(
            objects=(Detection("cup", 0.99, x, y, width, height),),
            picture=Picture(128, 128, "png", "L", len(image)),
            took_ms=(time.perf_counter() - began) * 1000,
            model=name,
        )

"""The in-memory twin of the detector: answers from a table, for tests of whoever uses the port."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from processors.detectors.found import Detection, Detections, Picture, Selection
from processors.detectors.port import NotWantedError, UnknownModelError, always
from schemas.result import ModelInfo

TWIN_MODEL = ModelInfo(name="twin", version="1", sha256="0" * 64)
TWIN_ANSWER = Detections(
    objects=(
        Detection("cup", 0.9, 0.25, 0.25, 0.5, 0.5),
        Detection("dining table", 0.75, 0.0, 0.5, 1.0, 0.5),
    ),
    picture=Picture(width=600, height=400, format="jpeg", color_space="RGB", size_bytes=1),
    took_ms=1.0,
    model="twin",
)


class MemoryDetector:
    """Answers by the SHA-256 of the bytes, else with `answer`; an exception there is raised.

    `delay_s` passes first. Selection applies but for overlap, which needs real boxes. `seen` lists
    (sha256, interactive) in the order in which the work was begun; nothing limits how much of it
    runs at once.
    """

    def __init__(
        self,
        answer: Detections | Exception = TWIN_ANSWER,
        *,
        table: Mapping[str, Detections | Exception] | None = None,
        delay_s: float = 0.0,
        models: tuple[ModelInfo, ...] = (TWIN_MODEL,),
    ) -> None:
        self.answer = answer
        self.table = dict(table or {})
        self.delay_s = delay_s
        self.seen: list[tuple[str, bool]] = []
        self._models = models

    @property
    def preferred(self) -> ModelInfo:
        return self._models[0]

    def model(self, name: str | None) -> ModelInfo:
        for model in self._models:
            if name in {None, model.name}:
                return model
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
        name = self.model(model).name
        if not is_wanted():
            raise NotWantedError("cancelled or late")
        sha256 = hashlib.sha256(image).hexdigest()
        self.seen.append((sha256, interactive))
        await asyncio.sleep(self.delay_s)
        answer = self.table.get(sha256, self.answer)
        if isinstance(answer, Exception):
            raise answer
        picture = replace(answer.picture, size_bytes=len(image))
        return replace(
            answer, objects=_selected(answer.objects, selection), picture=picture, model=name
        )


def _selected(objects: tuple[Detection, ...], selection: Selection) -> tuple[Detection, ...]:
    wanted = [
        found
        for found in objects
        if found.confidence >= selection.confidence_threshold
        and (selection.labels is None or found.name in selection.labels)
    ]
    wanted.sort(key=lambda found: -found.confidence)
    return tuple(wanted[: selection.max_objects])

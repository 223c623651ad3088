"""The detector proper: strangers' bytes are decoded and inferred on in child processes only."""

import asyncio
import time
from collections.abc import Callable, Sequence

from processors.detectors.child_messages import Breakdown, ChildPlan, Reply
from processors.detectors.children import Children
from processors.detectors.files import InstalledModel
from processors.detectors.found import Detections, Selection
from processors.detectors.generation import Generation
from processors.detectors.limits import ChildLimits
from processors.detectors.load import Load
from processors.detectors.model_shelf import ModelShelf
from processors.detectors.port import (
    DetectorCrashedError,
    DetectorStartError,
    NotWantedError,
    PictureError,
    always,
)
from processors.detectors.refusal import Refusal
from processors.detectors.turns import Turns
from schemas.result import ModelInfo
from telemetry.logs import get_logger

_QUEUED_PER_CHILD = 1
_KILL_ALLOWANCE_S = 10.0


class ChildProcessDetector:
    """Runs `children` single-threaded sessions, each in a process of its own. Linux only.

    `models` come best first: the first is preferred and loaded at the start, each other one in each
    child at its first use there. A hang, a crash, a bomb or a leak costs one item, which fails with
    DetectorCrashedError. When the whole set of children breaks, so do the few items in it, and a
    new set serves the next.
    """

    def __init__(
        self,
        models: Sequence[InstalledModel],
        *,
        children: int,
        limits: ChildLimits | None = None,
    ) -> None:
        plan = ChildPlan(tuple(models), limits or ChildLimits())
        self._shelf = ModelShelf(models)
        self._deadline_s = plan.limits.deadline_s
        self._number = children
        self._children = Children(lambda: Generation(plan, children=children))
        self._turns = Turns(children * (1 + _QUEUED_PER_CHILD))

    @property
    def preferred(self) -> ModelInfo:
        return self._shelf.preferred

    def model(self, name: str | None) -> ModelInfo:
        return self._shelf.model(name)

    @property
    def load(self) -> Load:
        """Each child has a picture of its own and may have the next one at hand."""
        taken = self._number * (1 + _QUEUED_PER_CHILD) - self._turns.free
        return Load(
            children=self._number,
            busy=min(taken, self._number),
            interactive=self._turns.waiting_in(interactive=True),
            bulk=self._turns.waiting_in(interactive=False),
        )

    async def start(self) -> None:
        """Raise DetectorStartError when a child cannot load the preferred model."""
        began = time.perf_counter()
        await self._children.usable()
        get_logger(__name__).info(
            "detector_started",
            model=self.preferred.name,
            children=self._number,
            took_ms=round((time.perf_counter() - began) * 1000),
        )

    async def aclose(self) -> None:
        await self._children.aclose()

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
        await self._turns.take(interactive=interactive)
        if not is_wanted():
            self._turns.give_back()
            raise NotWantedError("cancelled or late")
        generation, answer = await self._hand_in(image, selection, name)
        reply = await self._answer(answer, generation)
        if reply.has_grown or generation.is_worn:
            self._children.refresh(generation)
        return _to_detections(reply)

    async def _hand_in(
        self, image: bytes, selection: Selection, name: str
    ) -> tuple[Generation, "asyncio.Future[Reply]"]:
        """The place comes back when the children are done, or here when they take nothing."""
        try:
            generation = await self._children.usable()
            return generation, generation.run(
                image, selection, name, when_settled=self._turns.give_back
            )
        except BaseException as error:
            self._turns.give_back()
            if isinstance(error, DetectorStartError):
                raise DetectorCrashedError(str(error)) from error
            raise

    async def _answer(self, answer: "asyncio.Future[Reply]", generation: Generation) -> Reply:
        """Children kill their own hangs; should even that fail, the whole set is given up."""
        patience_s = self._deadline_s * (1 + _QUEUED_PER_CHILD) + _KILL_ALLOWANCE_S
        try:
            async with asyncio.timeout(patience_s):
                return await answer
        except TimeoutError as error:
            self._children.abandon(generation, "the children do not answer")
            raise DetectorCrashedError("the children do not answer") from error


def _to_detections(reply: Reply) -> Detections:
    match reply.outcome:
        case Refusal(code, message):
            raise PictureError(code, message)
        case Breakdown(message):
            raise DetectorCrashedError(message)
        case detections:
            return detections

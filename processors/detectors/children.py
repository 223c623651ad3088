"""The children in service: the set at work, and its replacement when it breaks or has grown."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from processors.detectors.generation import Generation
from processors.detectors.port import DetectorCrashedError, DetectorStartError
from telemetry.logs import get_logger


class Children:
    """At most one generation serves; the others are on their way in or out."""

    def __init__(self, make: Callable[[], Generation]) -> None:
        self._make = make
        self._current: Generation | None = None
        self._renewal: asyncio.Task[Generation] | None = None
        self._is_closed = False
        self._leaving: set[asyncio.Task[None]] = set()

    async def usable(self) -> Generation:
        """The set at work; a broken one is given up and a new one waited for.

        Raise DetectorStartError when the new one does not start, DetectorCrashedError when closed.
        """
        if self._is_closed:
            raise DetectorCrashedError("the detector is closed")
        current = self._current
        if current is not None and current.is_usable:
            return current
        if current is not None:
            self.abandon(current, "the children broke down")
        return await asyncio.shield(self._renew())

    def abandon(self, generation: Generation, reason: str) -> None:
        """Its unanswered items fail with `reason`, and nothing goes to it any more."""
        if generation is self._current:
            get_logger(__name__).warning("detector_children_abandoned", reason=reason)
            self._current = None
            generation.give_up(reason)
            self._let_go(generation.stop())

    def refresh(self, generation: Generation) -> None:
        """Replace a set without a gap: the old one works until the new one does."""
        if generation is self._current and self._renewal is None:
            get_logger(__name__).info("detector_children_refreshed")
            self._renew()

    async def aclose(self) -> None:
        self._is_closed = True
        renewal, self._renewal = self._renewal, None
        if renewal is not None:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
        current, self._current = self._current, None
        if current is not None:
            await current.stop()
        await asyncio.gather(*self._leaving)

    def _renew(self) -> "asyncio.Task[Generation]":
        if self._renewal is None:
            self._renewal = asyncio.get_running_loop().create_task(self._start_another())
            self._renewal.add_done_callback(self._renewed)
        return self._renewal

    async def _start_another(self) -> Generation:
        another = self._make()
        await another.start()
        old, self._current = self._current, another
        if old is not None:
            self._let_go(old.retire())
        return another

    def _renewed(self, renewal: "asyncio.Task[Generation]") -> None:
        self._renewal = None
        error = None if renewal.cancelled() else renewal.exception()
        if isinstance(error, DetectorStartError):
            get_logger(__name__).error("detector_start_failed", reason=str(error))

    def _let_go(self, leaving: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(leaving)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

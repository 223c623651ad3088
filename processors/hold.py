"""Waiting for a dependency that is down: nothing is lost by it, everything by giving up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from processors.errors import HOLD_ERRORS, dependency_of
from processors.pulse import Pulse
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_T = TypeVar("_T")
_log = get_logger(__name__)


class Hold:
    """Shows in the pulse, the metrics and the log for as long as it lasts."""

    def __init__(self, pulse: Pulse, metrics: Metrics, *, probe_every_s: float) -> None:
        self._pulse = pulse
        self._metrics = metrics
        self._probe_every_s = probe_every_s

    async def until_done(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Does it again and again while it raises one of HOLD_ERRORS; all else it raises is
        raised."""
        held: str | None = None
        try:
            while True:
                try:
                    return await work()
                except HOLD_ERRORS as error:
                    held = self._note(held, error)
                await asyncio.sleep(self._probe_every_s)
        finally:
            if held is not None:
                self._release(held)

    def _note(self, held: str | None, error: Exception) -> str:
        dependency = dependency_of(error)
        if held != dependency:
            if held is not None:
                self._release(held)
            if dependency not in self._pulse.holds:
                _log.warning("holding", dependency=dependency, error=str(error)[:300])
            self._pulse.hold(dependency)
            self._metrics.dependency_up.labels(dependency).set(0)
        return dependency

    def _release(self, dependency: str) -> None:
        self._pulse.release(dependency)
        if dependency not in self._pulse.holds:
            self._metrics.dependency_up.labels(dependency).set(1)
            _log.info("held_no_longer", dependency=dependency)

"""A watch over what a process leans on: asked at intervals, so that a failure shows unasked."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Dependency:
    """`check` raises when it does not serve; `meaning` says what is promised without it."""

    check: Callable[[], Awaitable[None]]
    meaning: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the last check found, and how long it took or was waited for."""

    is_up: bool
    took_ms: float
    meaning: str


class DependencyWatch:
    """Sets `dependency_up`. All are asked at once; one that has not answered within `within_s` is
    down, and is not asked a second time before the first question has ended."""

    def __init__(
        self,
        dependencies: Mapping[str, Dependency],
        metrics: Metrics,
        *,
        every_s: float = 5.0,
        within_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dependencies = dependencies
        self._metrics = metrics
        self._every_s = every_s
        self._within_s = within_s
        self._clock = clock
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None
        self.findings: dict[str, Finding] = {}

    async def run(self, *, first_after_s: float = 0.0) -> None:
        """Looks for ever. Nothing is asked any more when it has ended."""
        try:
            await asyncio.sleep(first_after_s)
            while True:
                await self.look(max_age_s=self._every_s / 2)
                await asyncio.sleep(self._every_s)
        finally:
            asked = list(self._under_way.values())
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """`run` beside the block, at first when what it asks has had time to connect."""
        running = asyncio.create_task(self.run(first_after_s=self._every_s))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def look(self, *, max_age_s: float = 0.0) -> dict[str, Finding]:
        """What there is to say now; nobody is asked when that is not older than `max_age_s`."""
        async with self._looking:
            age = None if self._looked_at is None else self._clock() - self._looked_at
            if age is None or age >= max_age_s:
                await asyncio.gather(*(self._ask(name) for name in self._dependencies))
                self._looked_at = self._clock()
            return self.findings

    async def _ask(self, name: str) -> None:
        began = time.perf_counter()
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.ensure_future(self._dependencies[name].check())
            self._under_way[name] = task
        done, _ = await asyncio.wait({task}, timeout=self._within_s)
        took_ms = round((time.perf_counter() - began) * 1000, 1)
        if not done:
            self._note(name, f"no answer within {self._within_s:g} s", took_ms)
            return
        del self._under_way[name]
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        self._note(name, None if error is None else str(error) or type(error).__name__, took_ms)

    def _note(self, name: str, problem: str | None, took_ms: float) -> None:
        before, is_up = self.findings.get(name), problem is None
        meaning = self._dependencies[name].meaning
        self.findings[name] = Finding(is_up, took_ms, meaning)
        self._metrics.dependency_up.labels(name).set(is_up)
        if problem is not None and (before is None or before.is_up):
            _log.warning("dependency_down", dependency=name, error=problem[:300], meaning=meaning)
        if is_up and before is not None and not before.is_up:
            _log.info("dependency_up_again", dependency=name)

"""What is broken so that alerts fire: how, and which."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.alerts.stage import Stage


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert, and labels that it has to have here: what another fault fires is not it."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


async def nothing(stage: Stage) -> None:
    del stage


@dataclass(frozen=True, slots=True)
class Fault:
    """Broken for as long as the block of `broken` lasts. `afterwards` goes on from the healing
    until the alerts are gone: the traffic that it takes."""

    what: str
    alerts: tuple[Expected, ...]
    broken: Callable[[Stage], AbstractAsyncContextManager[None]]
    afterwards: Callable[[Stage], Awaitable[None]] = nothing
    fires_within_s: float = 75.0
    clears_within_s: float = 120.0


def alert(name: str, **labels: str) -> Expected:
    return Expected(name, labels)


@contextlib.asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """It runs as long as the block lasts; what it raises is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

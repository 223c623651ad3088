"""One operating-system process: its services start in order, stop in reverse, and never hang."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import faust
import mode

from processors.health_server import HealthServer
from processors.parts import Parts, open_parts
from processors.watchdog import end_if_hung
from telemetry.logs import get_logger
from topics.admin import verify_to_start
from topics.rights import Rights, require_rights
from topics.settings import KafkaSettings

_log = get_logger(__name__)


class TopicsNotReadyError(Exception):
    """Topics are not as the catalog has them; each of the `problems` names one, and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class ErrandEndedError(Exception):
    """A loop of ours returned, which none of them should."""


async def check_broker(kafka: KafkaSettings, rights: Rights) -> None:
    """To be done before any service is there: an error in the start of one is only logged.

    Raises TopicsNotReadyError, BrokerRefusesError and LogUnavailableError."""
    problems = await verify_to_start(kafka)
    if problems:
        raise TopicsNotReadyError(problems)
    await require_rights(kafka, rights)


class WorkerProcess(mode.Worker):
    """Ends by itself when it was told to stop, or has crashed, and does not within the time."""

    def __init__(
        self,
        services: Sequence[mode.Service],
        loop: asyncio.AbstractEventLoop,
        *,
        stop_deadline_s: float,
    ) -> None:
        self._stop_deadline_s = stop_deadline_s
        super().__init__(
            *services, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True
        )

    def _schedule_shutdown(self, signal: Any) -> None:
        end_if_hung(self._stop_deadline_s)
        super()._schedule_shutdown(signal)

    def on_worker_shutdown(self) -> None:
        """Reached without a signal too, when something has crashed."""
        end_if_hung(self._stop_deadline_s)


class Resources(mode.Service):
    """Opens the shared parts before anything consumes, and closes them after everything has."""

    def __init__(self, parts: Parts, server: HealthServer) -> None:
        super().__init__()
        self._parts = parts
        self._server = server
        self._stack = AsyncExitStack()

    async def on_start(self) -> None:
        self._stack.push_async_callback(self._server.aclose)
        await self._server.start()
        await open_parts(self._parts, self._stack)
        _log.info("worker_started", health_port=self._server.port)

    async def on_stop(self) -> None:
        await self._stack.aclose()


class Together(mode.Service):
    """Starts its applications at once: the start of each waits until its group has met."""

    def __init__(self, apps: Sequence[faust.App]) -> None:
        super().__init__()
        self._apps = apps

    async def on_start(self) -> None:
        for app in self._apps:
            app.beacon.reattach(self.beacon)
        await asyncio.gather(*(app.maybe_start() for app in self._apps))

    async def on_stop(self) -> None:
        """All of them, also when one fails; then the first failure is raised."""
        ended = await asyncio.gather(*(app.stop() for app in self._apps), return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error


class Errand(mode.Service):
    """A loop of our own beside the applications; its end is the end of the worker."""

    def __init__(self, run: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._run_errand = run

    @mode.Service.task
    async def _work(self) -> None:
        await self._run_errand()
        raise ErrandEndedError("an errand is for ever; the worker stops and is started again")

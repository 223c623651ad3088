"""Is the process alive, what can it promise, and its metrics."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from schemas.http import Alive, DependencyReport, Readiness
from telemetry.logs import get_logger
from telemetry.metrics import Metrics

_log = get_logger(__name__)
_JSON = "application/json"
_METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
_CHECK_S = 2.0
_FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Dependency:
    """`check` raises when it does not serve. Nothing can be accepted without an essential one."""

    check: Callable[[], Awaitable[None]]
    is_essential: bool
    meaning: str


class Health:
    """All dependencies are asked at once, none for longer than two seconds, and not more often
    than once a second."""

    def __init__(self, dependencies: dict[str, Dependency], metrics: Metrics) -> None:
        self._dependencies = dependencies
        self._metrics = metrics
        self._checking = asyncio.Lock()
        self._checked_at = 0.0
        self._answer: Readiness | None = None

    async def alive(self) -> Response:
        """Whether the process answers; its dependencies are not asked."""
        return Response(Alive().to_json(), media_type=_JSON)

    async def ready(self) -> Response:
        """Every dependency by name, and what is promised without it. 503 when nothing can be
        accepted."""
        readiness = await self._readiness()
        status = 503 if readiness.status == "unavailable" else 200
        return Response(readiness.to_json(), status, media_type=_JSON)

    async def metrics(self) -> Response:
        """Prometheus text format."""
        return Response(self._metrics.render(), headers={"Content-Type": _METRICS_TYPE})

    async def _readiness(self) -> Readiness:
        async with self._checking:
            if self._answer is None or time.monotonic() - self._checked_at > _FRESH_S:
                names = list(self._dependencies)
                reports = await asyncio.gather(*(self._report(name) for name in names))
                self._answer = self._summary(dict(zip(names, reports, strict=True)))
                self._checked_at = time.monotonic()
            return self._answer

    async def _report(self, name: str) -> DependencyReport:
        dependency = self._dependencies[name]
        started = time.perf_counter()
        status: Literal["up", "down"] = "up"
        try:
            await asyncio.wait_for(dependency.check(), _CHECK_S)
        except Exception as error:  # noqa: BLE001 - whatever it is, it does not serve
            _log.warning("dependency_down", dependency=name, error=str(error)[:300])
            status = "down"
        self._metrics.dependency_up.labels(name).set(status == "up")
        took_ms = round((time.perf_counter() - started) * 1000, 1)
        return DependencyReport(status=status, latency_ms=took_ms, meaning=dependency.meaning)

    def _summary(self, reports: dict[str, DependencyReport]) -> Readiness:
        down = [name for name, report in reports.items() if report.status == "down"]
        if any(self._dependencies[name].is_essential for name in down):
            return Readiness(status="unavailable", dependencies=reports)
        return Readiness(status="degraded" if down else "ready", dependencies=reports)

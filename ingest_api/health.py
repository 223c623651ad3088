"""Is the process alive, what can it promise, and its metrics."""

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager

from fastapi import Request
from starlette.responses import Response

from ingest_api.errors import NOT_FOUND, RefusedError
from schemas.http import Alive, DependencyReport, Readiness
from telemetry.dependencies import DependencyWatch, Finding
from telemetry.metrics import Metrics

_JSON = "application/json"
_FRESH_S = 1.0


class Health:
    """`/ready` says what the watch found, which it asks again when that is older than a second:
    however often the page is read, dependencies are asked once a second at most.

    Nothing can be accepted without the `essential` ones.
    """

    def __init__(
        self,
        watch: DependencyWatch,
        metrics: Metrics,
        *,
        essential: Collection[str],
        tells_metrics: bool = True,
    ) -> None:
        self._watch = watch
        self._metrics = metrics
        self._essential = essential
        self._tells_metrics = tells_metrics

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Inside, dependencies are asked at intervals, whether or not anybody reads the page."""
        return self._watch.running()

    async def alive(self) -> Response:
        """Whether the process answers; its dependencies are not asked."""
        return Response(Alive().to_json(), media_type=_JSON)

    async def ready(self) -> Response:
        """Every dependency by name, and what is promised without it. 503 when nothing can be
        accepted."""
        readiness = self._summary(await self._watch.look(max_age_s=_FRESH_S))
        status = 503 if readiness.status == "unavailable" else 200
        return Response(readiness.to_json(), status, media_type=_JSON)

    async def metrics(self, request: Request) -> Response:
        """Prometheus or OpenMetrics text, as it is asked for. Raises RefusedError where they are
        told on a port of their own alone."""
        if not self._tells_metrics:
            raise RefusedError(refusal=NOT_FOUND)
        content_type, text = self._metrics.exposition(request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": content_type})

    def _summary(self, findings: Mapping[str, Finding]) -> Readiness:
        reports = {name: _report(finding) for name, finding in findings.items()}
        down = [name for name, finding in findings.items() if not finding.is_up]
        if any(name in self._essential for name in down):
            return Readiness(status="unavailable", dependencies=reports)
        return Readiness(status="degraded" if down else "ready", dependencies=reports)


def _report(finding: Finding) -> DependencyReport:
    status = "up" if finding.is_up else "down"
    return DependencyReport(status=status, latency_ms=finding.took_ms, meaning=finding.meaning)

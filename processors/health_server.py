"""`/health`, `/ready` and `/metrics` of a worker, for operators."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from schemas.http import DependencyReport
from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.metrics_port import metrics_page
from telemetry.plain_http import NOT_FOUND, Answer, PlainServer

_log = get_logger(__name__)
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """`live` false asks for a restart; `ready` false says only that no work is taken now."""

    live: bool
    ready: bool
    processors: tuple[str, ...]
    holding: tuple[str, ...]
    problems: tuple[str, ...]


Reports = Callable[[], Mapping[str, DependencyReport]]


class HealthServer:
    """What is reported of dependencies is said beside the health and does not change it."""

    def __init__(
        self,
        health: Callable[[], WorkerHealth],
        reports: Reports,
        metrics: Metrics,
        *,
        host: str,
        port: int,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._health = health
        self._reports = reports
        self._metrics = metrics
        self._server = PlainServer(self._answer, host=host, port=port, patience_s=patience_s)

    async def start(self) -> None:
        await self._server.start()
        _log.info("health_listening", host=self._server.host, port=self._server.port)

    @property
    def port(self) -> int:
        return self._server.port

    async def aclose(self) -> None:
        await self._server.aclose()

    def _answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        if path == "/metrics":
            return metrics_page(self._metrics, headers)
        if path not in {"/health", "/ready"}:
            return NOT_FOUND
        health = self._health()
        is_well = health.live if path == "/health" else health.live and health.ready
        return 200 if is_well else 503, "application/json", self._body(health)

    def _body(self, health: WorkerHealth) -> bytes:
        reports = {name: report.model_dump() for name, report in self._reports().items()}
        return json.dumps(asdict(health) | {"dependencies": reports}).encode()

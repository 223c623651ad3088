"""Once a second: how each process feels, what it says of its servers, and what it takes up."""

import asyncio
import re
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.faults.deployment import Deployment
from tests.faults.supervised import Supervised
from tests.support.services.process_family import family_of

_EVERY_S = 1.0
_PATIENCE_S = 4.0
_DOWN = re.compile(r'^analyzer_dependency_up\{dependency="([a-z0-9_]+)"\} 0', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sample:
    """`health` and `ready` are statuses, 0 for no answer; `told_down` is from the body of `/ready`,
    `measured_down` from the metrics. `at` is monotonic."""

    at: float
    process: str
    pid: int
    health: int
    health_ms: float
    ready: int
    told_down: frozenset[str]
    measured_down: frozenset[str]
    rss_mb: float
    open_files: int


class Sampler:
    def __init__(self, rig: Deployment) -> None:
        self.samples: list[Sample] = []
        self._rig = rig

    async def run(self) -> None:
        """For ever."""
        async with httpx.AsyncClient(timeout=_PATIENCE_S, trust_env=False) as client:
            while True:
                due = time.monotonic() + _EVERY_S
                running = [(one, one.pid) for one in self._rig.processes if one.is_running]
                self.samples += await asyncio.gather(*(_sample(client, *one) for one in running))
                await asyncio.sleep(max(0.05, due - time.monotonic()))


async def _sample(client: httpx.AsyncClient, process: Supervised, pid: int) -> Sample:
    at = time.monotonic()
    base = f"http://127.0.0.1:{process.port}"
    health, _ = await _ask(client, f"{base}/health")
    health_ms = (time.monotonic() - at) * 1000
    (ready, body), (_, metrics) = await asyncio.gather(
        _ask(client, f"{base}/ready"), _ask(client, f"{base}/metrics")
    )
    family = family_of(pid)
    return Sample(
        at=at, process=process.name, pid=pid, health=health, health_ms=health_ms, ready=ready,
        told_down=_told_down(body), measured_down=frozenset(_DOWN.findall(metrics)),
        rss_mb=sum(_rss_mb(one) for one in family),
        open_files=sum(_open_files(one) for one in family),
    )  # fmt: skip


async def _ask(client: httpx.AsyncClient, url: str) -> tuple[int, str]:
    try:
        answer = await client.get(url)
    except httpx.HTTPError:
        return 0, ""
    return answer.status_code, answer.text


def _told_down(body: str) -> frozenset[str]:
    """Both dialects: the API lists every dependency, a worker those it holds for."""
    try:
        said = httpx.Response(200, text=body).json() if body else {}
    except ValueError:
        return frozenset()
    dependencies = said.get("dependencies", {})
    down = {name for name, report in dependencies.items() if report["status"] == "down"}
    return frozenset(down | set(said.get("holding", ())))


def _rss_mb(pid: int) -> float:
    try:
        statm = Path(f"/proc/{pid}/statm").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(statm.split()[1]) * 4096 / 2**20


def _open_files(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0

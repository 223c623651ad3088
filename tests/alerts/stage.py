"""What faults have before them: the product with all its servers, a client, and Prometheus."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import yaml

from tests.alerts.processes import Processes
from tests.alerts.shortened import configuration, shortened_rules
from tests.alerts.small_disk import small_disk
from tests.alerts.watch import AlertWatch
from tests.faults.pictures import picture_of
from tests.faults.rig import Rig, running_rig
from tests.faults.supervised import Supervised
from tests.support.services.clamd import Clamd
from tests.support.services.ports import free_ports
from tests.support.services.prometheus import CONFIGURATION, Prometheus

_EVERY_S: Final = 0.5
_TENANT: Final = "alerts"


@dataclass(slots=True)
class Stage:
    """`first_event` is an id of the event stream from before everything."""

    rig: Rig
    workers: dict[str, Supervised]
    scanner: Clamd
    spool: Path
    client: httpx.AsyncClient
    api_key: str
    watch: AlertWatch
    first_event: str = ""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def upload(self, prefer: str = "respond-async", **options: str) -> int:
        """The status; 0 when there was no answer."""
        picture = picture_of(next(self._numbers))
        files = {"image": ("picture.png", picture, "image/png")}
        return await self._post("upload", prefer, files=files, data=options)

    async def url(self, image_url: str) -> int:
        return await self._post("url", "respond-async", json={"image_url": image_url})

    async def upload_for_ever(self, every_s: float = _EVERY_S) -> None:
        """Whatever becomes of them; each waits for the one before."""
        while True:
            await self.upload()
            await asyncio.sleep(every_s)

    async def _post(self, kind: str, prefer: str, **content: object) -> int:
        with contextlib.suppress(httpx.HTTPError):
            answer = await self.client.post(
                f"/api/v1/analyze/{kind}", headers={"Prefer": prefer}, **content  # type: ignore[arg-type]  # either a form or JSON
            )  # fmt: skip
            return answer.status_code
        return 0


@contextlib.asynccontextmanager
async def running_stage(folder: Path) -> AsyncIterator[Stage]:
    """Everything runs, is read by Prometheus, and has a few requests a second to do."""
    scanner_port, prometheus_port = free_ports(2)
    async with contextlib.AsyncExitStack() as stack:
        spool = stack.enter_context(small_disk(folder / "spool"))
        scanner = Clamd(folder / "clamd", scanner_port)
        await asyncio.to_thread(scanner.start)
        stack.callback(scanner.stop)
        processes = Processes(spool=spool, scanner=scanner.address)
        rig = await stack.enter_async_context(running_rig(folder, {}, shape=processes.put_into))
        prometheus = _prometheus(folder, prometheus_port, processes)
        await asyncio.to_thread(prometheus.start)
        stack.callback(prometheus.stop)
        key = await asyncio.to_thread(rig.new_key, _TENANT)
        client = await stack.enter_async_context(_client(rig, key))
        stage = Stage(
            rig=rig, workers=processes.workers, scanner=scanner, spool=spool, client=client,
            api_key=key, watch=AlertWatch(prometheus_port),
        )  # fmt: skip
        stage.first_event = await _first_event(client)
        load = asyncio.create_task(stage.upload_for_ever())
        try:
            yield stage
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)


def _prometheus(folder: Path, port: int, processes: Processes) -> Prometheus:
    rules = folder / "rules"
    rules.mkdir(parents=True)
    for file in (CONFIGURATION / "rules").glob("*.yml"):
        (rules / file.name).write_text(shortened_rules(file.read_text("utf-8")), "utf-8")
    shipped = CONFIGURATION / "prometheus.yml"
    written = configuration(shipped, rules, processes.metrics_ports)
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(written), "utf-8")
    options = (f"--config.file={file}", f"--storage.tsdb.path={folder / 'prometheus-data'}")
    return Prometheus(folder / "prometheus", port, options=options)


def _client(rig: Rig, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=rig.base_url, headers={"Authorization": f"Bearer {key}"}, timeout=20,
        limits=httpx.Limits(max_connections=300), trust_env=False,
    )  # fmt: skip


async def _first_event(client: httpx.AsyncClient) -> str:
    async with client.stream("GET", "/api/v1/events") as answer:
        async for line in answer.aiter_lines():
            if line.startswith("id:"):
                return line.removeprefix("id:").strip()
    raise RuntimeError(f"the stream ended without an id: {answer.status_code}")

"""`python -m benchmarks.fetch_and_deliver`: processor time of a download and of a webhook.

The product with `fetch` and `deliver` as processes of their own; requests name a picture on a web
server here and a receiver here. Prints milliseconds for each image, and the memory.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from benchmarks.checkout import ROOT
from benchmarks.deployment import set_up, settings_of
from benchmarks.http_probe import answers_ok
from benchmarks.meter import Meter, Part
from tests.support.services.ports import free_ports
from tests.support.services.processes import Command, ServerProcess
from tests.support.services.stack import Stack
from tests.support.webhook_receiver import Answering, Receiver, raw

_WORKERS: Final = {
    "fetch": ("fetch",),
    "deliver": ("deliver",),
    "detect": ("detect",),
    "record": ("record", "sweep"),
}
_MEASURED: Final = ("fetch", "deliver", "record")
_WARM_UP: Final = 60
_IMAGES: Final = 300
_RATE: Final = 15.0
_READY_S: Final = 60.0
_PATIENCE_S: Final = 120.0
_PICTURE: Final = ROOT / "samples" / "coffee.jpg"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="analyzer-fetch-") as name, ExitStack() as stack:
        folder = Path(name)
        servers = stack.enter_context(Stack.start(folder / "services", durable=True))
        api_port, *ports = free_ports(1 + len(_WORKERS))
        settings = _settings(servers, api_port)
        key = set_up(settings)
        running = {
            worker: stack.enter_context(_process(worker, names, settings, port, folder))
            for (worker, names), port in zip(_WORKERS.items(), ports, strict=True)
        }
        stack.enter_context(_process("api", None, settings, api_port, folder))
        meter = Meter([Part(worker, running[worker].pid) for worker in _MEASURED])
        with meter.watching_memory():
            asyncio.run(_load(meter, api_port, key))
    for cost in meter.costs(_IMAGES):
        print(f"{cost.name}: {cost.cpu_ms_per_image} ms, {cost.memory.rss_mb} MB")
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    size_kb = _PICTURE.stat().st_size / 1000
    print(f"{_IMAGES} pictures of {size_kb:.0f} KB at {_RATE:g} a second; load average {load}")
    return 0


async def _load(meter: Meter, api_port: int, key: str) -> None:
    async with (
        Receiver(_picture()) as web,
        Receiver() as far,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{api_port}", trust_env=False, timeout=30,
            headers={"Authorization": f"Bearer {key}", "Prefer": "respond-async"},
        ) as client,
    ):  # fmt: skip
        body = {"image_url": web.url("/picture.jpg"), "callback_url": far.url()}
        await _post(client, body, _WARM_UP)
        await far.wait_for(_WARM_UP, within_s=_PATIENCE_S)
        meter.begin()
        await _post(client, body, _IMAGES)
        await far.wait_for(_WARM_UP + _IMAGES, within_s=_PATIENCE_S)
        meter.end()


async def _post(client: httpx.AsyncClient, body: Mapping[str, str], count: int) -> None:
    for _ in range(count):
        answer = await client.post("/api/v1/analyze/url", json=body)
        answer.raise_for_status()
        await asyncio.sleep(1 / _RATE)


def _picture() -> Answering:
    picture = _PICTURE.read_bytes()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
    return raw(head.encode() + picture)


@contextmanager
def _process(
    name: str, names: tuple[str, ...] | None, settings: Mapping[str, str], port: int, folder: Path
) -> Iterator[ServerProcess]:
    """The API without `names`, else a worker; ready."""
    arguments = ("api",) if names is None else ("worker", *names)
    environment = {**settings, "ANALYZER_WORKER__HEALTH_PORT": str(port)}
    command = Command((sys.executable, "-m", "cli.main", *arguments), ROOT, environment)
    process = ServerProcess(command, folder / f"{name}.log")
    try:
        process.wait_until(partial(answers_ok, port, "/ready"), timeout_s=_READY_S)
        yield process
    finally:
        process.stop(timeout_s=30)


def _settings(servers: Stack, api_port: int) -> dict[str, str]:
    here = "127.0.0.1/32"
    return {
        **settings_of(servers),
        "ANALYZER_API__PORT": str(api_port),
        "ANALYZER_API__FETCH_ALLOW_NETWORKS": here,
        "ANALYZER_WORKER__FETCH_ALLOW_NETWORKS": here,
        "ANALYZER_WORKER__PREFERRED_MODEL": "centernet-mbv3",
        "ANALYZER_WEBHOOKS__MASTER_SECRET": "what the secrets of receivers are derived from here",
        "ANALYZER_WEBHOOKS__ALLOW_HTTP": "true",
    }


if __name__ == "__main__":
    raise SystemExit(main())

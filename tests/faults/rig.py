"""The product as deployed, on real servers, behind links that can be broken."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.proxied_kafka import ProxiedKafka
from tests.faults.proxies import Link, Toxiproxy
from tests.faults.supervised import ROOT, Supervised, supervise
from tests.support.product_processes import answers_200
from tests.support.services.kafka import Kafka
from tests.support.services.local_service import LocalService
from tests.support.services.ports import free_ports
from tests.support.services.postgres import Postgres
from tests.support.services.redis import Redis
from tests.support.services.s3 import S3
from tests.support.services.stack import Stack

BUCKET = "images"
REAP_AFTER_S = 30
_READY_S = 90.0
_TRIES = 10
_IO = ("admit", "fetch", "fetch-bulk", "record", "retry", "sweep")


@dataclass(frozen=True, slots=True)
class Links:
    """From the product to each server."""

    kafka: Link
    postgres: Link
    redis: Link
    s3: Link


@dataclass(slots=True)
class Rig:
    """Servers, links and processes. The harness reaches the servers directly."""

    kafka: Kafka
    postgres: Postgres
    redis: Redis
    s3: S3
    proxy: Toxiproxy
    links: Links
    settings: Mapping[str, str]
    folder: Path
    api: Supervised
    detect: Supervised
    io: Supervised
    extra: list[Supervised] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.api.port}"

    @property
    def processes(self) -> list[Supervised]:
        return [self.io, self.detect, self.api, *self.extra]

    @property
    def objects(self) -> Path:
        """Where the S3 server keeps what lies in the bucket: one file an object."""
        return self.s3.folder / "buckets" / BUCKET

    def command(self, *arguments: str) -> str:
        """A command of the operator's; its output. RuntimeError with its words when it fails."""
        done = subprocess.run(
            (sys.executable, "-m", "cli.main", *arguments), cwd=ROOT,
            env={**_clean_environment(), **self.settings},
            capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def new_key(self, tenant: str) -> str:
        return self.command("keys", "create", "--tenant", tenant, "--name", "faults").split()[-1]

    def another_detector(self) -> Supervised:
        """One more process in the detectors' groups, started; it stays in `extra`."""
        made = _detector(f"detect-{len(self.extra) + 2}", self.settings, self.folder)
        self.extra.append(made)
        made.start()
        return made

    async def until_ready(self) -> None:
        """Every process that is wanted says so itself."""
        for process in self.processes:
            async with asyncio.timeout(_READY_S):
                await _until_ready(process)

    def make_whole(self) -> None:
        """Whatever a fault left behind: links, servers, processes as at the start."""
        self.proxy.reset()
        for service in (self.kafka, self.postgres, self.redis, self.s3):
            if service.running:
                service.resume()
            service.start()
        for process in self.extra:
            process.stop()
        self.extra.clear()
        for process in self.processes:
            if process.is_running:
                process.resume()
            elif not process.is_wanted:
                process.start()


@contextlib.asynccontextmanager
async def running_rig(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Rig]:
    """Started, ready and supervised; at the end everything is stopped."""
    with ExitStack() as stack:
        rig = await asyncio.to_thread(lambda: stack.enter_context(_servers(folder, settings)))
        for command in (("migrate",), ("topics", "create"), ("bucket", "create")):
            await asyncio.to_thread(rig.command, *command)
        supervisor: asyncio.Task[None] | None = None
        try:
            for process in rig.processes:
                process.start()
            supervisor = asyncio.create_task(supervise(lambda: rig.processes))
            await rig.until_ready()
            yield rig
        finally:
            if supervisor is not None:
                supervisor.cancel()
            await asyncio.to_thread(_stop_all, rig)


async def _until_ready(process: Supervised) -> None:
    starts = len(process.exits)
    while True:
        if await asyncio.to_thread(_is_ready, process):
            return
        if len(process.exits) > starts + _TRIES:
            raise RuntimeError(f"{process.name} does not start: {process.log_end()}")
        await asyncio.sleep(0.1)


def _stop_all(rig: Rig) -> None:
    for process in reversed(rig.processes):
        if process.is_running:
            process.resume()
        process.stop()


def _is_ready(process: Supervised) -> bool:
    return not process.is_wanted or answers_200(f"http://127.0.0.1:{process.port}/ready")


@contextmanager
def _servers(folder: Path, extra: Mapping[str, str]) -> Iterator[Rig]:
    """The servers run; nothing of the product does."""
    with ExitStack() as stack:
        others = Stack.start(folder / "services", ("postgres", "redis", "s3"))
        servers = stack.enter_context(others)
        proxy, controller, direct, proxied, *listen = free_ports(8)
        kafka = stack.enter_context(
            ProxiedKafka(
                folder / "services" / "kafka", direct, controller_port=controller,
                proxied_port=proxied, advertised_port=listen[0],
            )
        )  # fmt: skip
        toxiproxy = stack.enter_context(Toxiproxy(folder / "services" / "proxy", proxy))
        upstreams = (proxied, servers.postgres.port, servers.redis.port, servers.s3.port)
        names = ("kafka", "postgres", "redis", "s3")
        links = [
            toxiproxy.link(name, listen=port, upstream=upstream)
            for name, port, upstream in zip(names, listen, upstreams, strict=True)
        ]
        settings = _settings(servers, listen) | dict(extra)
        yield Rig(
            kafka=kafka, postgres=servers.postgres, redis=servers.redis, s3=servers.s3,
            proxy=toxiproxy, links=Links(*links), settings=settings, folder=folder,
            api=_process("api", "cli.main", ("api",), settings, folder),
            detect=_detector("detect", settings, folder),
            io=_process("io", "cli.main", ("worker", *_IO), settings, folder),
        )  # fmt: skip


def _settings(servers: Stack, listen: list[int]) -> dict[str, str]:
    """What a deployment sets, with every address that of a link."""
    kafka, postgres, redis, s3 = listen
    return {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{kafka}",
        "ANALYZER_POSTGRES__DSN": _moved(servers.postgres_dsn, servers.postgres, postgres),
        "ANALYZER_REDIS__URL": _moved(servers.redis_url, servers.redis, redis),
        "ANALYZER_BUCKET__ENDPOINT": _moved(servers.s3_endpoint, servers.s3, s3),
        "ANALYZER_BUCKET__ACCESS_KEY": servers.s3_access_key,
        "ANALYZER_BUCKET__SECRET_KEY": servers.s3_secret_key,
        "ANALYZER_BUCKET__BUCKET": BUCKET,
        "ANALYZER_API__SECRET": "a secret of the fault harness, thirty-two",
        "ANALYZER_API__METRICS_FOR": "everybody",
        "ANALYZER_API__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
        "ANALYZER_WORKER__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
        # Else nobody would see within a day whether orphans are reaped.
        "ANALYZER_WORKER__REAP_AFTER_S": str(REAP_AFTER_S),
        "ANALYZER_WORKER__REAP_EVERY_S": "1",
    }


def _moved(address: str, server: LocalService, port: int) -> str:
    return address.replace(f":{server.port}", f":{port}")


def _process(
    name: str, module: str, arguments: tuple[str, ...], settings: Mapping[str, str], folder: Path
) -> Supervised:
    (port,) = free_ports(1)
    ports = {"ANALYZER_API__PORT": str(port), "ANALYZER_WORKER__HEALTH_PORT": str(port)}
    environment = {**settings, **ports}
    return Supervised(name, module, arguments, environment, port, folder / f"{name}.log")


def _detector(name: str, settings: Mapping[str, str], folder: Path) -> Supervised:
    module, names = "tests.faults.detector_worker", ("detect", "detect-bulk")
    return _process(name, module, names, settings, folder)


def _clean_environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}

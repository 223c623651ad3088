"""The product as deployed, on real servers, behind links that can be broken."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import TypeVar

from tests.faults.deployment import Deployment, running
from tests.faults.product import api_process, detect_process, io_process, settings_of
from tests.faults.proxied_kafka import ProxiedKafka
from tests.faults.proxies import Link, Toxiproxy
from tests.faults.supervised import Supervised
from tests.support.services.local_service import LocalService
from tests.support.services.ports import free_ports
from tests.support.services.stack import Stack


@dataclass(frozen=True, slots=True)
class Links:
    """From the product to each server."""

    kafka: Link
    postgres: Link
    redis: Link
    s3: Link


@dataclass(slots=True, kw_only=True)
class Rig(Deployment):
    """One broker and one process of each kind, behind links."""

    proxy: Toxiproxy
    links: Links
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

    def another_detector(self) -> Supervised:
        """One more process in the detectors' groups, started; it stays in `extra`."""
        made = detect_process(f"detect-{len(self.extra) + 2}", self.settings, self.folder)
        self.extra.append(made)
        made.start()
        return made

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


def _as_it_is(rig: Rig) -> None:
    del rig


@contextlib.asynccontextmanager
async def running_rig(
    folder: Path, settings: Mapping[str, str], *, shape: Callable[[Rig], None] = _as_it_is
) -> AsyncIterator[Rig]:
    """Started, ready and supervised; at the end everything is stopped. `shape` may put others in
    the place of its processes, or beside them, before they start."""
    with ExitStack() as stack:
        rig = await asyncio.to_thread(lambda: stack.enter_context(_servers(folder, settings)))
        for command in (("migrate",), ("topics", "create"), ("bucket", "create")):
            await asyncio.to_thread(rig.command, *command)
        shape(rig)
        async with running(rig):
            yield rig


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
            api=api_process("api", settings, folder),
            detect=detect_process("detect", settings, folder),
            io=io_process("io", settings, folder),
        )  # fmt: skip


def _settings(servers: Stack, listen: list[int]) -> dict[str, str]:
    """What a deployment sets, with every address that of a link."""
    kafka, postgres, redis, s3 = listen
    moved = {
        "ANALYZER_POSTGRES__DSN": _moved(servers.postgres_dsn, servers.postgres, postgres),
        "ANALYZER_REDIS__URL": _moved(servers.redis_url, servers.redis, redis),
        "ANALYZER_BUCKET__ENDPOINT": _moved(servers.s3_endpoint, servers.s3, s3),
    }
    return settings_of(servers, f"127.0.0.1:{kafka}") | moved


def _moved(address: str, server: LocalService, port: int) -> str:
    return address.replace(f":{server.port}", f":{port}")


AnyRig = TypeVar("AnyRig", bound=Deployment, default=Rig)
"""A fault is made for one kind of rig; where none is named, for the ordinary one."""

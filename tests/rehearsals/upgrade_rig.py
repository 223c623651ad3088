"""One broker and two of each process, all of the version before."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.deployment import running
from tests.faults.product import settings_of
from tests.faults.supervised import Program
from tests.rehearsals.balancer import Balancer
from tests.rehearsals.replicas import Replicas
from tests.support.services.ports import free_port
from tests.support.services.stack import Stack

_NEW_SETTING = "ANALYZER_API__METRICS_FOR"


@dataclass(slots=True, kw_only=True)
class Upgrade(Replicas):
    """`new` processes have a setting with which those from before 0004 would not start."""

    old: Program
    new: Program


@contextlib.asynccontextmanager
async def running_old(folder: Path, old: Program) -> AsyncIterator[Upgrade]:
    """Schema, topics and processes are the old ones."""
    with ExitStack() as stack:
        rig = await asyncio.to_thread(lambda: stack.enter_context(_servers(folder, old)))
        await _prepared(rig)
        async with running(rig):
            yield rig


@contextlib.asynccontextmanager
async def running_new(folder: Path, old: Program) -> AsyncIterator[Upgrade]:
    """As after an upgrade from the old ones."""
    with ExitStack() as stack:
        rig = await asyncio.to_thread(lambda: stack.enter_context(_servers(folder, old)))
        await asyncio.to_thread(rig.command, "migrate")
        rig.program = rig.new
        await _prepared(rig)
        async with running(rig):
            yield rig


async def _prepared(rig: Upgrade) -> None:
    for command in (("migrate",), ("topics", "create"), ("bucket", "create")):
        await asyncio.to_thread(rig.command, *command)
    rig.fill()


@contextmanager
def _servers(folder: Path, old: Program) -> Iterator[Upgrade]:
    services = folder / "services"
    with (
        Stack.start(services) as servers,
        Balancer(services / "balancer", free_port(), []) as balancer,
    ):
        settings = settings_of(servers, servers.kafka_bootstrap_servers)
        news = {_NEW_SETTING: settings.pop(_NEW_SETTING)}
        yield Upgrade(
            kafka=servers.kafka, postgres=servers.postgres, redis=servers.redis, s3=servers.s3,
            balancer=balancer, folder=folder, old=old, program=old, settings=settings,
            new=Program(settings=news),
        )  # fmt: skip

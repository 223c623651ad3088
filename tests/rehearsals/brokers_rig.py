"""Three brokers and two of each process: whatever one of them holds, another one holds too."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.deployment import running
from tests.faults.product import settings_of
from tests.rehearsals.balancer import Balancer
from tests.rehearsals.replicas import Replicas
from tests.support.services.kafka_cluster import NODES, KafkaCluster, running_cluster
from tests.support.services.ports import free_port
from tests.support.services.stack import Stack

_OWN = {
    # Else a rehearsal would take longer than four minutes; the defaults are 30 and 10 s.
    "ANALYZER_WORKER__SWEEP_GRACE_S": "10",
    "ANALYZER_WORKER__SWEEP_EVERY_S": "2",
    "ANALYZER_KAFKA__REPLICATION_FACTOR": str(NODES),
    "ANALYZER_KAFKA__MIN_INSYNC_REPLICAS": str(NODES - 1),
}


@dataclass(slots=True, kw_only=True)
class Brokers(Replicas):
    """`kafka` is the first node of the cluster, whose `bootstrap_servers` name all three."""

    cluster: KafkaCluster

    def make_whole(self) -> None:
        self.cluster.start()
        super().make_whole()


@contextlib.asynccontextmanager
async def running_brokers(folder: Path) -> AsyncIterator[Brokers]:
    """Started, ready and supervised; at the end everything is stopped."""
    with ExitStack() as stack:
        rig = await asyncio.to_thread(lambda: stack.enter_context(_servers(folder)))
        for command in (("migrate",), ("topics", "create"), ("bucket", "create")):
            await asyncio.to_thread(rig.command, *command)
        rig.fill()
        async with running(rig):
            yield rig


@contextmanager
def _servers(folder: Path) -> Iterator[Brokers]:
    services = folder / "services"
    with (
        Stack.start(services, ("postgres", "redis", "s3")) as servers,
        running_cluster(services) as cluster,
        Balancer(services / "balancer", free_port(), []) as balancer,
    ):
        yield Brokers(
            kafka=cluster.nodes[0], cluster=cluster, postgres=servers.postgres,
            redis=servers.redis, s3=servers.s3, balancer=balancer, folder=folder,
            settings=settings_of(servers, cluster.bootstrap_servers) | _OWN,
        )  # fmt: skip

"""Three Kafka nodes, each broker and controller: what one of them holds, all of them hold."""

import asyncio
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from tests.support.services.kafka import Kafka, new_kafka_id
from tests.support.services.local_service import LocalService
from tests.support.services.ports import free_ports
from tests.support.services.processes import NotReadyError

NODES = 3
_POLL_S = 0.3


@dataclass(frozen=True, slots=True)
class Member:
    """Where a node is found. `directory_id` is its log's own name in the quorum."""

    number: int
    port: int
    controller_port: int
    directory_id: str

    @property
    def voter(self) -> str:
        return f"{self.number}@127.0.0.1:{self.controller_port}:{self.directory_id}"


class ClusterNode(Kafka):
    """One of them; `bootstrap_servers` names all. It starts to answer once a majority runs."""

    heap_megabytes = 256

    def __init__(
        self, folder: Path, member: Member, members: Sequence[Member], cluster_id: str
    ) -> None:
        super().__init__(folder, member.port, controller_port=member.controller_port)
        self.number = member.number
        self._members = tuple(members)
        self._cluster_id = cluster_id

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(f"127.0.0.1:{member.port}" for member in self._members)

    def _properties(self) -> str:
        """Everything threefold, and confirmed by two."""
        doors = (f"127.0.0.1:{member.controller_port}" for member in self._members)
        own = {
            "node.id": str(self.number),
            "controller.quorum.bootstrap.servers": ",".join(doors),
            "default.replication.factor": str(NODES),
            "min.insync.replicas": "2",
            "offsets.topic.replication.factor": str(NODES),
            "transaction.state.log.replication.factor": str(NODES),
            "transaction.state.log.min.isr": "2",
            "share.coordinator.state.topic.replication.factor": str(NODES),
            "share.coordinator.state.topic.min.isr": "2",
        }
        # Of a property that is given twice, Java keeps the last.
        return super()._properties() + "".join(f"{name}={text}\n" for name, text in own.items())

    def _quorum(self) -> tuple[str, ...]:
        voters = ",".join(member.voter for member in self._members)
        return ("-t", self._cluster_id, "--initial-controllers", voters)


class KafkaCluster:
    """What the nodes know of each other. Not for use by two threads at once."""

    def __init__(self, nodes: Sequence[ClusterNode]) -> None:
        self.nodes = tuple(nodes)

    @property
    def bootstrap_servers(self) -> str:
        return self.nodes[0].bootstrap_servers

    def start(self) -> None:
        """Those that do not run, all at once: none of them answers alone."""
        self._each(LocalService.start)

    def stop(self) -> None:
        self._each(LocalService.stop)

    def controller(self) -> ClusterNode:
        """Who decides now. NotReadyError when nobody does."""
        asked = self.nodes[0]._java(
            "-XX:TieredStopAtLevel=1", "org.apache.kafka.tools.MetadataQuorumCommand",
            "--bootstrap-server", self.bootstrap_servers, "describe", "--status",
        )  # fmt: skip
        said = subprocess.run(
            asked.argv, cwd=asked.folder, capture_output=True, text=True, timeout=30, check=False
        ).stdout
        found = re.search(r"^LeaderId:\s+(\d+)", said, re.MULTILINE)
        if found is None:
            raise NotReadyError(f"the quorum does not say who leads it: {said[-500:]}")
        return self.nodes[int(found[1]) - 1]

    def leads(self) -> Counter[int]:
        """How many partitions each node leads, by its number."""
        return Counter(leader for leader, _ in asyncio.run(_partitions(self.bootstrap_servers)))

    def whole(self) -> bool:
        """Every partition has all of its replicas in step."""
        return all(
            in_step == NODES for _, in_step in asyncio.run(_partitions(self.bootstrap_servers))
        )

    def wait_until_whole(self, *, within_s: float) -> None:
        """Raises NotReadyError."""
        deadline = time.monotonic() + within_s
        while not self.whole():
            if time.monotonic() > deadline:
                raise NotReadyError(f"replicas are not in step after {within_s:.0f} s")
            time.sleep(_POLL_S)

    def _each(self, act: Callable[[LocalService], None]) -> None:
        with ThreadPoolExecutor(max_workers=NODES) as together:
            for done in [together.submit(act, node) for node in self.nodes]:
                done.result()


@contextmanager
def running_cluster(folder: Path) -> Iterator[KafkaCluster]:
    """Three new nodes, all answering, on ports that stay the same."""
    ports = free_ports(2 * NODES)
    members = [
        Member(number, ports[2 * number - 2], ports[2 * number - 1], new_kafka_id())
        for number in range(1, NODES + 1)
    ]
    cluster_id = new_kafka_id()
    cluster = KafkaCluster(
        [ClusterNode(folder / f"kafka-{one.number}", one, members, cluster_id) for one in members]
    )
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


async def _partitions(bootstrap_servers: str) -> list[tuple[int, int]]:
    """Leader and number of replicas in step of each partition, those of Kafka's own topics too."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return [
        (partition["leader"], len(partition["isr"]))
        for topic in described
        for partition in topic["partitions"]
    ]

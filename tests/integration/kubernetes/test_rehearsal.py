"""The manifests' own processes, on real servers, are replaced under load: each ends within its
grace, and nothing that was accepted is lost."""

import asyncio
import secrets as random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.contract.storage.restricted import restricted
from tests.integration.kubernetes.kubelet import Node, Running
from tests.integration.kubernetes.steady_load import Load
from tests.support.kafka_rules import set_rules
from tests.support.kubernetes import Pod, our_pods
from tests.support.services.connections import PostgresServer, RedisServer, S3Server
from tests.support.services.stack import Stack
from tests.system.wire import wait_until_all
from topics.access import access_table

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3]
OVERLAY = "development"
NOT_READY = 3


@pytest.fixture
def node(
    request: pytest.FixtureRequest, stack: Stack, postgres: PostgresServer,
    redis_server: RedisServer, s3: S3Server, postgres_database: str, bucket_name: str,
) -> Iterator[Node]:  # fmt: skip
    """A broker without topics that goes by the rules, and a database without tables."""
    stack.kafka.stop()
    stack.kafka.wipe()
    servers = (request.getfixturevalue("kafka"), postgres, redis_server, s3)
    if servers != (stack.kafka, stack.postgres, stack.redis, stack.s3):
        pytest.skip("servers run elsewhere: their users and rules are not ours to make")
    stack.kafka.start()
    asyncio.run(set_rules(stack.kafka.bootstrap_servers, access_table()))
    variables = {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": stack.kafka.encrypted_servers,
        "ANALYZER_KAFKA__CERT_FILE": str(stack.kafka.certificate),
        "ANALYZER_KAFKA__KEY_FILE": str(stack.kafka.key),
        "ANALYZER_BUCKET__ENDPOINT": stack.s3_endpoint,
        "ANALYZER_BUCKET__BUCKET": bucket_name,
    }
    with tempfile.TemporaryDirectory(prefix="pods-") as folder:
        yield Node(OVERLAY, Path(folder), _secrets(stack, postgres_database), variables)


def _secrets(stack: Stack, owner_dsn: str) -> dict[str, bytes]:
    users = ("api", "detect", "io", "operator")
    texts = {f"kafka-user-{user}/password": stack.kafka.passwords[user] for user in users} | {
        "image-analyzer-cluster-ca-cert/ca.crt": stack.kafka.certificate.read_text(),
        "postgres-owner/dsn": owner_dsn,
        "redis/url": stack.redis_url,
        "bucket/access-key": stack.s3_access_key,
        "bucket/secret-key": stack.s3_secret_key,
        "api/event-secret": random.token_hex(24),
        "webhooks/master-secret": random.token_hex(24),
    }
    return {name: text.encode() for name, text in texts.items()}


@pytest.fixture
def set_up(node: Node) -> Iterator[Node]:
    """Its Jobs have run, and the two users of the database are there."""
    owner_dsn = node.secrets["postgres-owner/dsn"].decode()
    pods = {pod.name: pod for pod in our_pods(OVERLAY)}
    node.complete(pods["migrate"])
    with ExitStack() as users:
        for user in ("api", "worker"):
            dsn = users.enter_context(restricted(owner_dsn, f"analyzer_{user}"))
            node.secrets[f"postgres-{user}/dsn"] = dsn.encode()
        yield node


def test_a_pod_that_comes_before_its_jobs_says_what_is_missing_and_ends(set_up: Node) -> None:
    """And the kubelet starts it again: no order is needed."""
    pods = {pod.name: pod for pod in our_pods(OVERLAY)}
    code, said = set_up.run(pods["io"])
    assert code == NOT_READY
    assert "bucket create" in said
    set_up.complete(pods["bucket"])
    code, said = set_up.run(pods["io"])
    assert code == NOT_READY
    assert "topics create" in said


@pytest.mark.slow
async def test_every_pod_is_replaced_under_load_within_its_grace_and_nothing_is_lost(
    set_up: Node,
) -> None:
    pods = {pod.name: pod for pod in our_pods(OVERLAY)}
    owner_dsn = set_up.secrets["postgres-owner/dsn"].decode()
    for job in ("topics", "bucket", "migrate"):
        set_up.complete(pods[job])
    new_key = ("keys", "create", "--tenant", "rehearsal", "--name", "load")
    api_key = set_up.complete(pods["migrate"], *new_key).split()[-1]
    lasting = [pod for pod in pods.values() if pod.kind == "Deployment"]
    with ExitStack() as running:
        old = await _started(set_up, lasting, running)
        load = Load(_address(old["api"]), api_key)
        async with load.running():
            await load.until_accepted(30)
            load.base_url = _address((await _started(set_up, [pods["api"]], running))["api"])
            codes = await _ended(old)
            workers = [pod for pod in lasting if pod.name != "api"]
            await _started(set_up, workers, running)
            await load.until_accepted(len(load.request_ids) + 30)
        assert load.failures == []
        assert codes == dict.fromkeys(old, 0)
        assert len(set(load.request_ids)) == len(load.request_ids)
        await wait_until_all(owner_dsn, load.request_ids, "completed", within_s=240)
    with psycopg.connect(owner_dsn) as connection:
        [(rows,)] = connection.execute("SELECT count(*) FROM analyses").fetchall()
    assert rows == len(load.request_ids)


async def _started(node: Node, pods: list[Pod], running: ExitStack) -> dict[str, Running]:
    """All at once, each until the kubelet would send it something."""
    found = {pod.name: node.start(pod) for pod in pods}
    for one in found.values():
        running.callback(one.kill)
    for probe in ("startup", "readiness", "liveness"):
        await asyncio.gather(*(asyncio.to_thread(one.wait_for, probe) for one in found.values()))
    return found


async def _ended(running: dict[str, Running]) -> dict[str, int]:
    """The exit codes of all of them, told to end at the same moment."""
    codes = await asyncio.gather(*(asyncio.to_thread(one.end) for one in running.values()))
    return dict(zip(running, codes, strict=True))


def _address(api: Running) -> str:
    return api.url("startup").rpartition("/")[0]

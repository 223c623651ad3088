"""The servers come back under the same address with their data, and outlive nobody."""

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from minio import Minio
from redis import Redis as RedisClient

from tests.support.services.connections import S3Server
from tests.support.services.kafka import Kafka
from tests.support.services.postgres import Postgres
from tests.support.services.process_family import family_of, wait_until_gone
from tests.support.services.redis import Redis

RECORDS = TopicPartition("kept", 0)


async def create_topic(kafka: Kafka, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def topics(kafka: Kafka) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        return [name for name in await admin.list_topics() if not name.startswith("__")]
    finally:
        await admin.close()


async def send(kafka: Kafka, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        await producer.send_and_wait(RECORDS.topic, value)


async def record_count(kafka: Kafka) -> int:
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers) as consumer:
        ends = await consumer.end_offsets([RECORDS])
    return int(ends[RECORDS])


@pytest.mark.kafka
async def test_kafka_keeps_its_records_through_stop_and_kill_until_it_is_wiped(
    kafka_to_break: Kafka,
) -> None:
    kafka_to_break.stop()
    kafka_to_break.wipe()
    kafka_to_break.start()
    await create_topic(kafka_to_break, RECORDS.topic)
    for crash in (kafka_to_break.stop, kafka_to_break.kill):
        await send(kafka_to_break, b"kept")
        crash()
        assert not kafka_to_break.running
        kafka_to_break.start()
    assert await record_count(kafka_to_break) == 2
    kafka_to_break.stop()
    kafka_to_break.wipe()
    kafka_to_break.start()
    assert await topics(kafka_to_break) == []


@pytest.mark.postgres
def test_postgres_keeps_what_it_committed_through_stop_and_kill(
    postgres_to_break: Postgres, postgres_database: str
) -> None:
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    for crash in (postgres_to_break.stop, postgres_to_break.kill):
        with psycopg.connect(postgres_database) as held:
            held.execute("INSERT INTO kept VALUES (1)")
            held.commit()
            crash()
        postgres_to_break.start()
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (2,)


@pytest.mark.postgres
def test_a_paused_postgres_answers_nothing_also_on_open_connections(
    postgres_to_break: Postgres,
) -> None:
    with psycopg.connect(postgres_to_break.dsn) as connection:
        postgres_to_break.pause()
        connection.pgconn.send_query(b"SELECT 1")
        connection.pgconn.flush()
        with socket.fromfd(connection.pgconn.socket, socket.AF_INET, socket.SOCK_STREAM) as wire:
            wire.settimeout(0.3)
            with pytest.raises(TimeoutError):
                wire.recv(1, socket.MSG_PEEK)
            postgres_to_break.resume()
            wire.settimeout(10)
            assert wire.recv(1, socket.MSG_PEEK)
        while connection.pgconn.get_result() is not None:
            pass


@pytest.mark.redis
def test_redis_comes_back_empty_and_a_paused_one_stops(redis_to_break: Redis) -> None:
    with RedisClient.from_url(redis_to_break.url) as client:
        client.set("key", "value")
        redis_to_break.pause()
        redis_to_break.stop()
        assert not redis_to_break.running
        redis_to_break.start()
        assert client.get("key") is None


@pytest.mark.s3
def test_s3_takes_and_gives_objects(s3: S3Server, bucket_name: str, tmp_path: Path) -> None:
    client = Minio(
        s3.endpoint.removeprefix("http://"),
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        secure=False,
    )
    (tmp_path / "sent").write_bytes(b"an object")
    client.make_bucket(bucket_name)
    client.fput_object(bucket_name, "object", str(tmp_path / "sent"))
    client.fget_object(bucket_name, "object", str(tmp_path / "received"))
    assert (tmp_path / "received").read_bytes() == b"an object"


@pytest.fixture
def folder_open_to_all() -> Iterator[Path]:
    """Below pytest's own folder a killed stack would leave PostgreSQL's data elsewhere."""
    with tempfile.TemporaryDirectory(prefix="analyzer-stack-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def developers_stack(
    folder_open_to_all: Path, kafka_to_break: Kafka, postgres_to_break: Postgres
) -> Iterator[subprocess.Popen[str]]:
    """`python -m tests.support.services.stack`, when the servers are installed here."""
    folder = ("--folder", str(folder_open_to_all))
    argv = (sys.executable, "-m", "tests.support.services.stack", *folder)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_the_command_that_started_it(
    developers_stack: subprocess.Popen[str], end: signal.Signals
) -> None:
    assert developers_stack.stdout is not None
    printed = [developers_stack.stdout.readline() for _ in range(6)]
    assert all(line.startswith("ANALYZER_TEST_") for line in printed)
    family = family_of(developers_stack.pid)
    assert len(family) > 8
    developers_stack.send_signal(end)
    assert wait_until_gone(family, timeout_s=20)

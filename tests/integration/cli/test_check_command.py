"""`image-analyzer check` on real servers: what it says, how it ends, and what it leaves behind."""

import threading
from pathlib import Path

import psycopg
import pytest

from storage.schema import current_version, upgrade
from tests.contract.storage.migrated import postgres_template
from tests.integration.cli.right_settings import (
    make_bucket,
    of_bucket,
    of_kafka,
    prepared,
    run_to_its_end,
)
from tests.support.services.connections import KafkaServer, PostgresServer, RedisServer, S3Server
from tests.support.services.databases import create_database, drop_database
from tests.support.services.kafka_secured import SecuredKafka
from tests.support.services.s3 import S3

__all__ = ["postgres_template"]

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3]
MODEL = {"ANALYZER_WORKER__PREFERRED_MODEL": "centernet-mbv3"}


@pytest.fixture(scope="module")
def secured(kafka: KafkaServer) -> SecuredKafka:
    if not isinstance(kafka, SecuredKafka):
        pytest.skip("kafka runs elsewhere: its users and rules are not ours to make")
    prepared(kafka)
    return kafka


@pytest.fixture
def settings(
    postgres_database: str, s3: S3Server, redis_server: RedisServer, bucket_name: str
) -> dict[str, str]:
    make_bucket(s3, bucket_name)
    login = {"ANALYZER_POSTGRES__DSN": postgres_database, "ANALYZER_REDIS__URL": redis_server.url}
    return MODEL | login | of_bucket(s3, bucket_name)


@pytest.mark.parametrize(
    ("process", "looked_at"),
    [
        ("api", ["settings", "postgres", "bucket", "redis", "kafka"]),
        ("io", ["settings", "postgres", "bucket", "kafka"]),
        ("detect", ["settings", "postgres", "bucket", "kafka", "models"]),
    ],
)
def test_each_process_may_start_as_its_own_user(
    settings: dict[str, str], secured: SecuredKafka, process: str, looked_at: list[str]
) -> None:
    ended = run_to_its_end(
        "check", "--for", process, settings=settings | of_kafka(secured, process)
    )
    assert ended.code == 0, ended
    assert [line.split() for line in ended.log.splitlines()] == [[each, "ok"] for each in looked_at]
    assert ended.lines == []


def test_without_a_process_every_topic_is_compared(
    settings: dict[str, str], secured: SecuredKafka
) -> None:
    right = settings | of_kafka(secured, "operator")
    ended = run_to_its_end("check", settings=right)
    assert ended.code == 0, ended
    ended = run_to_its_end("check", settings=right | {"ANALYZER_KAFKA__PARTITIONS": "5"})
    assert ended.code == 3
    assert "kafka     wrong" in ended.log
    assert "kafka: image-analyzed: 4 partitions, 5 declared" in ended.lines


def test_a_server_that_is_down_is_told_from_one_that_refuses(
    settings: dict[str, str], secured: SecuredKafka
) -> None:
    wrong = settings | of_kafka(secured, "stranger")
    wrong |= {"ANALYZER_BUCKET__ENDPOINT": "http://127.0.0.1:1"}
    ended = run_to_its_end("check", "--for", "io", settings=wrong)
    assert ended.code == 3
    assert "bucket    down" in ended.log
    assert "kafka     wrong" in ended.log
    bucket, kafka = ended.lines
    assert bucket.startswith("bucket is unavailable: ")
    assert kafka.startswith("kafka: user 'stranger' may not Describe topic 'analysis-failed', t")


def test_wrong_settings_are_told_before_anything_is_asked(settings: dict[str, str]) -> None:
    wrong = settings | {"ANALYZER_KAFKA__PARTITION": "4", "ANALYZER_API__PORT": "http"}
    ended = run_to_its_end("check", "--for", "api", settings=wrong)
    assert ended.code == 2
    assert ended.log == ""
    assert [line.partition(":")[0] for line in ended.lines] == [
        "ANALYZER_KAFKA__PARTITION", "ANALYZER_API__PORT=http",
    ]  # fmt: skip


def test_it_waits_for_a_migration(
    postgres: PostgresServer, settings: dict[str, str], secured: SecuredKafka
) -> None:
    """As the first container of a pod does while the job that migrates still runs."""
    empty = create_database(postgres.dsn)
    right = settings | {"ANALYZER_POSTGRES__DSN": empty} | of_kafka(secured, "io")
    started = threading.Event()

    def migrate_once_it_has_asked() -> None:
        while not _is_asked(postgres.dsn, empty):
            started.wait(0.05)
        upgrade(empty)

    migration = threading.Thread(target=migrate_once_it_has_asked)
    migration.start()
    try:
        ended = run_to_its_end("check", "--for", "io", "--wait", "50", settings=right)
    finally:
        started.set()
        migration.join()
        drop_database(postgres.dsn, empty)
    assert ended.code == 0, ended
    assert "postgres  ok" in ended.log


def _is_asked(dsn: str, database: str) -> bool:
    """Somebody has looked into it: a transaction was ended there."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT xact_rollback > 0 FROM pg_stat_database WHERE datname = %s",
            (database.rpartition("/")[2],),
        ).fetchone()
    return row is not None and bool(row[0])


def test_it_leaves_nothing_behind(
    settings: dict[str, str], secured: SecuredKafka, s3: S3Server, bucket_name: str
) -> None:
    if not isinstance(s3, S3):
        pytest.skip("the bucket lies elsewhere: its files cannot be looked at")
    before = current_version(settings["ANALYZER_POSTGRES__DSN"])
    ended = run_to_its_end("check", settings=settings | of_kafka(secured, "operator"))
    assert ended.code == 0, ended
    assert current_version(settings["ANALYZER_POSTGRES__DSN"]) == before
    assert _files(s3.folder / "buckets" / bucket_name) == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]

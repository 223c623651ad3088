"""Real processes that are set up wrongly on real servers: a line for each thing that is wrong, exit
code 3, and nothing taken."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from storage.schema_version import HEAD, mark
from tests.contract.storage.migrated import postgres_template
from tests.contract.storage.restricted import restricted
from tests.integration.cli.right_settings import (
    Ended,
    make_bucket,
    of_bucket,
    of_kafka,
    prepared,
    run_to_its_end,
    with_host,
    with_password,
)
from tests.support.services.connections import KafkaServer, PostgresServer, RedisServer, S3Server
from tests.support.services.databases import create_database, drop_database
from tests.support.services.kafka_secured import SecuredKafka
from tests.support.services.ports import free_port
from tests.support.services.s3 import S3

__all__ = ["postgres_template"]

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3]
NOWHERE = "no-such-host.invalid"
API = ("api",)
IO = ("worker", "admit", "fetch", "fetch-bulk", "record", "retry", "sweep")
DETECT = ("worker", "detect", "detect-bulk")
LOGIN = "ANALYZER_POSTGRES__DSN"


@pytest.fixture(scope="module")
def secured(kafka: KafkaServer) -> SecuredKafka:
    if not isinstance(kafka, SecuredKafka):
        pytest.skip("kafka runs elsewhere: its users and rules are not ours to make")
    prepared(kafka)
    return kafka


@pytest.fixture
def settings(
    secured: SecuredKafka, postgres_database: str, s3: S3Server, bucket_name: str
) -> dict[str, str]:
    """With which everything but the API starts; spoilt by each test."""
    make_bucket(s3, bucket_name)
    return {
        LOGIN: postgres_database,
        "ANALYZER_WORKER__PREFERRED_MODEL": "centernet-mbv3",
        **of_bucket(s3, bucket_name),
        **of_kafka(secured, "io"),
    }


@pytest.fixture
def unmigrated(postgres: PostgresServer) -> Iterator[str]:
    created = create_database(postgres.dsn)
    yield created
    drop_database(postgres.dsn, created)


@pytest.fixture
def read_only_s3(tmp_path: Path) -> Iterator[S3]:
    server = S3(
        tmp_path, free_port(), access_key="readers", secret_key="a secret of readers",
        is_read_only=True,
    )  # fmt: skip
    (tmp_path / "buckets" / "pictures").mkdir(parents=True)
    server.start()
    yield server
    server.stop()


def refused(ended: Ended) -> list[str]:
    """Its lines, once it is sure that nothing else was said and the log says the same."""
    assert ended.code == 3, ended
    events = [json.loads(line) for line in ended.log.splitlines()]
    told = [event["problem"] for event in events if event["event"] == "start_refused"]
    assert told == ended.lines
    return ended.lines


def test_wrong_passwords_and_a_bucket_that_is_not_there(
    settings: dict[str, str], secured: SecuredKafka, redis_server: RedisServer
) -> None:
    wrong = settings | {
        LOGIN: with_password(settings[LOGIN], "mistyped"),
        "ANALYZER_BUCKET__BUCKET": "not-made",
        "ANALYZER_KAFKA__PASSWORD": "mistyped-and-long-enough",
        "ANALYZER_REDIS__URL": with_password(redis_server.url, "mistyped", user=""),
    }
    postgres, bucket, redis, kafka = refused(run_to_its_end(*API, settings=wrong))
    assert postgres == (
        'postgres: password authentication failed for user "analyzer"; '
        "correct ANALYZER_POSTGRES__DSN"
    )
    assert bucket.startswith("bucket: there is no bucket not-made; run `image-analyzer bucket cr")
    assert redis.startswith("redis: it refuses our login: ")
    assert redis.endswith("; correct ANALYZER_REDIS__URL")
    assert kafka.startswith("kafka: the broker at 127.0.0.1:")
    assert "refuses user 'io'" in kafka
    assert kafka.endswith("correct ANALYZER_KAFKA__USERNAME or ANALYZER_KAFKA__PASSWORD")
    assert refused(run_to_its_end(*IO, settings=wrong)) == [postgres, bucket, kafka]


def test_hosts_that_nobody_knows(settings: dict[str, str]) -> None:
    wrong = settings | {
        LOGIN: with_host(settings[LOGIN], NOWHERE),
        "ANALYZER_BUCKET__ENDPOINT": f"http://{NOWHERE}:9000",
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": f"{NOWHERE}:9092",
        "ANALYZER_REDIS__URL": f"redis://:long-enough-for-one@{NOWHERE}:6379",
    }
    postgres, bucket, kafka = refused(run_to_its_end(*DETECT, settings=wrong))
    assert NOWHERE in postgres
    assert postgres.endswith("; correct ANALYZER_POSTGRES__DSN")
    assert bucket == (
        f"bucket: nobody knows the host of {NOWHERE}:9000; correct ANALYZER_BUCKET__ENDPOINT"
    )
    assert kafka == (
        f"kafka: nobody knows the host {NOWHERE}; correct ANALYZER_KAFKA__BOOTSTRAP_SERVERS"
    )
    ended = run_to_its_end(*API, settings=wrong)  # it can do without the other two
    assert refused(ended) == [postgres, bucket]


def test_no_schema_and_no_right_to_write(
    settings: dict[str, str], unmigrated: str, read_only_s3: S3, secured: SecuredKafka
) -> None:
    wrong = settings | {LOGIN: unmigrated} | of_bucket(read_only_s3, "pictures")
    wrong |= of_kafka(secured, "stranger")
    postgres, bucket, kafka = refused(run_to_its_end(*API, settings=wrong))
    assert postgres == "postgres: it has no schema yet; run `image-analyzer migrate`"
    assert bucket == (
        "bucket: our keys may not write to pictures; let them put, get, delete and list objects"
    )
    assert kafka.startswith("kafka: user 'stranger' may not Describe topic 'analysis-failed', top")


def test_an_old_schema_wrong_keys_and_topics_that_are_too_small(settings: dict[str, str]) -> None:
    with psycopg.connect(settings[LOGIN], autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
    wrong = settings | {
        "ANALYZER_BUCKET__SECRET_KEY": "not the secret of anybody",
        "ANALYZER_KAFKA__PARTITIONS": "8",
    }
    postgres, bucket, *kafka = refused(run_to_its_end(*IO, settings=wrong))
    assert postgres == (
        f"postgres: its schema is 0002, this program needs {HEAD}; run `image-analyzer migrate`"
    )
    assert bucket == (
        "bucket: our secret key is not the right one; "
        "correct ANALYZER_BUCKET__ACCESS_KEY and ANALYZER_BUCKET__SECRET_KEY"
    )
    assert "kafka: image-submitted: 4 partitions, 8 declared" in kafka


def test_a_schema_that_has_taken_away_what_this_program_knows(settings: dict[str, str]) -> None:
    with psycopg.connect(settings[LOGIN], autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute(f"COMMENT ON TABLE alembic_version IS '{mark('9998')}'")
    wrong = settings | {"ANALYZER_BUCKET__ACCESS_KEY": "nobody"}
    postgres, bucket = refused(run_to_its_end(*IO, settings=wrong))
    assert postgres == (
        "postgres: its schema is 9999, made for programs of schema 9998 and newer, and this "
        f"program is of {HEAD}; start a newer version of it"
    )
    assert bucket.startswith("bucket: the server does not know our access key; correct ANALYZER_")


def test_a_right_that_is_missing_and_a_database_that_is_not_there(
    settings: dict[str, str], secured: SecuredKafka
) -> None:
    wrong = settings | {LOGIN: f"{settings[LOGIN]}_lost"} | of_kafka(secured, "detect")
    postgres, kafka = refused(run_to_its_end(*IO, settings=wrong))
    assert postgres.endswith('_lost" does not exist; correct ANALYZER_POSTGRES__DSN')
    assert kafka.startswith("kafka: user 'detect' may not Read topic 'analysis-failed', topic 'an")
    assert "may not Write topic 'analysis-failed-dlq'" in kafka
    assert "may not Read group 'admitter', group 'fetcher'" in kafka


def test_a_database_user_without_rights(settings: dict[str, str], tmp_path: Path) -> None:
    with restricted(settings[LOGIN], "pg_monitor") as login:
        wrong = settings | {LOGIN: login, "ANALYZER_BUCKET__FOLDER": str(tmp_path / "gone")}
        for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY"):
            del wrong[f"ANALYZER_BUCKET__{name}"]
        postgres, bucket = refused(run_to_its_end(*IO, settings=wrong))
    assert postgres.startswith("postgres: permission denied for table alembic_version; GRANT anal")
    assert bucket.startswith(f"bucket: there is no folder {tmp_path / 'gone'}; run `image-analyze")


def test_a_model_that_is_not_the_one_it_should_be(
    settings: dict[str, str], secured: SecuredKafka, tmp_path: Path
) -> None:
    (tmp_path / "centernet_mbv3_coco.onnx").write_bytes(b"no model")
    wrong = settings | of_kafka(secured, "detect") | {"ANALYZER_MODELS_DIR": str(tmp_path)}
    [line] = refused(run_to_its_end(*DETECT, settings=wrong))
    assert "not the model it should be; sha256 is" in line
    assert line.endswith("Remove the file, or put the right one in its place.")


def test_a_port_that_somebody_else_has(
    settings: dict[str, str], secured: SecuredKafka, redis_server: RedisServer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        taken = settings | {
            "ANALYZER_API__PORT": port,
            "ANALYZER_METRICS__PORT": port,
            "ANALYZER_WORKER__HEALTH_PORT": port,
            "ANALYZER_REDIS__URL": redis_server.url,
        }
        api, metrics = refused(run_to_its_end(*API, settings=taken | of_kafka(secured, "api")))
        [worker] = refused(run_to_its_end(*IO, settings=taken))
    for line, name in ((api, "API__PORT"), (metrics, "METRICS__PORT"), (worker, "WORKER__HEALTH")):
        assert f": cannot listen on 127.0.0.1:{port}: Address already in use" in line
        assert f"correct ANALYZER_{name}" in line


@pytest.mark.parametrize("command", ["keys list --tenant acme", "dlq list", "audit list"])
def test_a_command_says_why_it_is_not_let_in(settings: dict[str, str], command: str) -> None:
    wrong = settings | {LOGIN: with_password(settings[LOGIN], "mistyped")}
    ended = run_to_its_end(*command.split(), settings=wrong)
    assert ended.code == 3
    [line] = ended.lines
    assert line.startswith(
        'postgres: password authentication failed for user "analyzer"; correct ANALYZER_POSTGRES__'
    )

"""Real servers for the tests that ask for them, each started at its first use."""

import os
import secrets
from collections.abc import Iterator
from typing import Any, TypeVar

import pytest
import structlog

from tests.support.services.clamd import Clamd
from tests.support.services.connections import (
    Elsewhere,
    KafkaServer,
    PostgresServer,
    RedisServer,
    S3Server,
)
from tests.support.services.databases import create_database, drop_database
from tests.support.services.kafka import Kafka
from tests.support.services.local_service import LocalService
from tests.support.services.ports import free_port
from tests.support.services.postgres import Postgres
from tests.support.services.programs import NotInstalledError
from tests.support.services.redis import Redis
from tests.support.services.s3 import S3
from tests.support.services.stack import Stack


@pytest.fixture(scope="session", autouse=True)
def no_logger_is_kept() -> Iterator[None]:
    """A logger that is kept at its first use would speak for ever as the first command that ran in
    this process had it, whatever a later test captures."""
    configure = structlog.configure

    def configure_unkept(**options: Any) -> None:
        configure(**(options | {"cache_logger_on_first_use": False}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", configure_unkept)
        yield


@pytest.fixture(autouse=True)
def logs_as_they_were(no_logger_is_kept: None) -> Iterator[None]:
    """What one test does to the logs of its process ends with it."""
    del no_logger_is_kept
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The servers of this session, none of them started yet; all stopped at its end."""
    with Stack.start(tmp_path_factory.mktemp("services"), services=()) as unstarted:
        yield unstarted


@pytest.fixture(scope="session")
def elsewhere() -> Elsewhere:
    """Servers to use instead of our own, named in ANALYZER_TEST_*."""
    return Elsewhere.from_environment(os.environ)


@pytest.fixture(scope="session")
def kafka(elsewhere: Elsewhere, stack: Stack) -> KafkaServer:
    return elsewhere.kafka or _started(stack.kafka)


@pytest.fixture(scope="session")
def postgres(elsewhere: Elsewhere, stack: Stack) -> PostgresServer:
    return elsewhere.postgres or _started(stack.postgres)


@pytest.fixture(scope="session")
def redis_server(elsewhere: Elsewhere, stack: Stack) -> RedisServer:
    return elsewhere.redis or _started(stack.redis)


@pytest.fixture(scope="session")
def s3(elsewhere: Elsewhere, stack: Stack) -> S3Server:
    return elsewhere.s3 or _started(stack.s3)


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    """A malware scanner for tests that leave it running; one to break is made by the test."""
    server = Clamd(tmp_path_factory.mktemp("clamd"), free_port())
    yield _started(server)
    server.stop()


@pytest.fixture
def clamd_to_break(clamd: Clamd) -> Iterator[Clamd]:
    yield from _lent(clamd, Clamd)


@pytest.fixture
def kafka_to_break(kafka: KafkaServer) -> Iterator[Kafka]:
    """Kafka for tests that stop, kill, pause or wipe it; it runs again afterwards."""
    yield from _lent(kafka, Kafka)


@pytest.fixture
def postgres_to_break(postgres: PostgresServer) -> Iterator[Postgres]:
    yield from _lent(postgres, Postgres)


@pytest.fixture
def redis_to_break(redis_server: RedisServer) -> Iterator[Redis]:
    yield from _lent(redis_server, Redis)


@pytest.fixture
def s3_to_break(s3: S3Server) -> Iterator[S3]:
    yield from _lent(s3, S3)


@pytest.fixture(scope="session")
def postgres_template() -> str:
    """The database that each test's own is copied from; a folder of tests may override it."""
    return "template1"


@pytest.fixture
def postgres_database(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The DSN of a database that only this test has; dropped after it, connections included."""
    created = create_database(postgres.dsn, template=postgres_template)
    yield created
    drop_database(postgres.dsn, created)


@pytest.fixture
def bucket_name() -> str:
    """A name that no other test has; the bucket is not made."""
    return f"test-{secrets.token_hex(8)}"


Service = TypeVar("Service", bound=LocalService)


def _started(service: Service) -> Service:
    """Where it is not installed: a skip, but a failure in CI, which must not pass by skipping."""
    try:
        service.start()
    except NotInstalledError as error:
        missing = str(error)
    else:
        return service
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def _lent(server: object, kind: type[Service]) -> Iterator[Service]:
    if not isinstance(server, kind):
        pytest.skip(f"{kind.name} runs elsewhere: this test must be able to stop and pause it")
    yield server
    if server.running:
        server.resume()
    server.start()

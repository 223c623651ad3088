"""All servers together; `python -m tests.support.services.stack --folder DIR` for developers."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.services.credentials import Credentials
from tests.support.services.kafka_secured import SecuredKafka
from tests.support.services.local_service import LocalService
from tests.support.services.ports import free_ports
from tests.support.services.postgres import Postgres
from tests.support.services.postgres_folder import folder_for_postgres
from tests.support.services.redis import Redis
from tests.support.services.s3 import S3

ServiceName = Literal["kafka", "postgres", "redis", "s3"]
ALL_SERVICES: tuple[ServiceName, ...] = ("kafka", "postgres", "redis", "s3")
KAFKA_USERS = (
    "api", "detect", "io", "operator", "monitoring", "producer", "consumer", "stranger",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stack:
    """Four servers; those not asked for are not started, and can be with their own `start()`."""

    kafka: SecuredKafka
    postgres: Postgres
    redis: Redis
    s3: S3

    @classmethod
    @contextmanager
    def start(
        cls,
        folder: Path,
        services: Sequence[ServiceName] = ALL_SERVICES,
        durable: bool = False,
    ) -> Iterator["Stack"]:
        """The servers, all answering; whichever runs at the end of the block is stopped.

        Ports are new each time; data and passwords of an earlier start in `folder` are kept.
        A parent that is killed takes them along (on Linux). `durable` makes PostgreSQL sync.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with folder_for_postgres(folder / "postgres") as postgres_folder:
            stack = cls._described(folder, postgres_folder, durable=durable)
            try:
                _each_at_once([stack.service(name) for name in services], LocalService.start)
                yield stack
            finally:
                _each_at_once(stack._all(), LocalService.stop)

    @property
    def kafka_bootstrap_servers(self) -> str:
        return self.kafka.bootstrap_servers

    @property
    def postgres_dsn(self) -> str:
        return self.postgres.dsn

    @property
    def redis_url(self) -> str:
        return self.redis.url

    @property
    def s3_endpoint(self) -> str:
        return self.s3.endpoint

    @property
    def s3_access_key(self) -> str:
        return self.s3.access_key

    @property
    def s3_secret_key(self) -> str:
        return self.s3.secret_key

    def service(self, name: ServiceName) -> LocalService:
        return {service.name: service for service in self._all()}[name]

    def environment(self) -> list[str]:
        """`NAME=value` lines that make the tests use these servers."""
        return [
            f"ANALYZER_TEST_KAFKA={self.kafka_bootstrap_servers}",
            f"ANALYZER_TEST_POSTGRES={self.postgres_dsn}",
            f"ANALYZER_TEST_REDIS={self.redis_url}",
            f"ANALYZER_TEST_S3_ENDPOINT={self.s3_endpoint}",
            f"ANALYZER_TEST_S3_ACCESS_KEY={self.s3_access_key}",
            f"ANALYZER_TEST_S3_SECRET_KEY={self.s3_secret_key}",
        ]

    def _all(self) -> list[LocalService]:
        return [self.kafka, self.postgres, self.redis, self.s3]

    @classmethod
    def _described(cls, folder: Path, postgres_folder: Path, *, durable: bool) -> "Stack":
        kept = Credentials.kept_in(folder)
        ports = free_ports(7)
        return cls(
            kafka=SecuredKafka(
                folder / "kafka",
                ports[0],
                controller_port=ports[1],
                secured_port=ports[5],
                encrypted_port=ports[6],
                passwords={user: f"{user}-{kept.kafka_secret}" for user in KAFKA_USERS},
            ),
            postgres=Postgres(
                postgres_folder, ports[2], password=kept.postgres_password, durable=durable
            ),
            redis=Redis(folder / "redis", ports[3], password=kept.redis_password),
            s3=S3(
                folder / "s3",
                ports[4],
                access_key=kept.s3_access_key,
                secret_key=kept.s3_secret_key,
            ),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Start Kafka, PostgreSQL, Redis and S3.")
    parser.add_argument("--folder", type=Path, required=True, help="where their data is kept")
    parser.add_argument("--durable", action="store_true", help="let PostgreSQL sync to disk")
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where SIGINT came ignored
        signal.signal(number, signal.default_int_handler)
    try:
        with Stack.start(options.folder.resolve(), durable=options.durable) as stack:
            sys.stdout.write("".join(f"{line}\n" for line in stack.environment()))
            sys.stdout.flush()
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    return 0


def _each_at_once(services: Sequence[LocalService], act: Callable[[LocalService], None]) -> None:
    """All of them, also when one fails; then the first failure is raised."""
    with ThreadPoolExecutor(max_workers=len(ALL_SERVICES)) as together:
        for done in [together.submit(act, service) for service in services]:
            done.result()


if __name__ == "__main__":
    raise SystemExit(main())

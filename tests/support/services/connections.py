"""How a server that somebody else started is reached: the same attributes as our own have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.support.services.kafka import Kafka
from tests.support.services.postgres import Postgres
from tests.support.services.redis import Redis
from tests.support.services.s3 import S3


@dataclass(frozen=True, slots=True)
class KafkaElsewhere:
    bootstrap_servers: str


@dataclass(frozen=True, slots=True)
class PostgresElsewhere:
    dsn: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RedisElsewhere:
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class S3Elsewhere:
    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)


KafkaServer: TypeAlias = Kafka | KafkaElsewhere
PostgresServer: TypeAlias = Postgres | PostgresElsewhere
RedisServer: TypeAlias = Redis | RedisElsewhere
S3Server: TypeAlias = S3 | S3Elsewhere


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The servers that the environment names; None where it names none."""

    kafka: KafkaElsewhere | None
    postgres: PostgresElsewhere | None
    redis: RedisElsewhere | None
    s3: S3Elsewhere | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Elsewhere":
        """From ANALYZER_TEST_*; an S3 endpoint without its keys is a KeyError."""
        kafka = environment.get("ANALYZER_TEST_KAFKA")
        postgres = environment.get("ANALYZER_TEST_POSTGRES")
        redis = environment.get("ANALYZER_TEST_REDIS")
        return cls(
            kafka=KafkaElsewhere(kafka) if kafka else None,
            postgres=PostgresElsewhere(postgres) if postgres else None,
            redis=RedisElsewhere(redis) if redis else None,
            s3=_s3(environment),
        )


def _s3(environment: Mapping[str, str]) -> S3Elsewhere | None:
    endpoint = environment.get("ANALYZER_TEST_S3_ENDPOINT")
    if not endpoint:
        return None
    return S3Elsewhere(
        endpoint=endpoint,
        access_key=environment["ANALYZER_TEST_S3_ACCESS_KEY"],
        secret_key=environment["ANALYZER_TEST_S3_SECRET_KEY"],
    )

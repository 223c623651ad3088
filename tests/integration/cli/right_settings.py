"""Settings with which every process starts, and servers that deserve them; to be spoilt."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from minio import Minio

from tests.integration.topics.secured import as_user, variables_of
from tests.support.kafka_rules import set_rules
from tests.support.services.connections import S3Server
from tests.support.services.kafka_secured import SecuredKafka
from topics.access import access_table
from topics.admin import create_topics
from topics.settings import KafkaSettings

ROOT = Path(__file__).resolve().parents[3]
_LONGEST_S = 60


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    lines: list[str]
    log: str


def prepared(kafka: SecuredKafka) -> None:
    """Topics, and the rules of the table."""
    everybody = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    asyncio.run(create_topics(everybody))
    asyncio.run(set_rules(kafka.bootstrap_servers, access_table()))


def make_bucket(s3: S3Server, name: str) -> None:
    Minio(
        urlsplit(s3.endpoint).netloc, access_key=s3.access_key, secret_key=s3.secret_key,
        secure=False,
    ).make_bucket(name)  # fmt: skip


def of_kafka(kafka: SecuredKafka, user: str) -> dict[str, str]:
    return variables_of(as_user(kafka, user))


def of_bucket(s3: S3Server, name: str) -> dict[str, str]:
    return {
        "ANALYZER_BUCKET__ENDPOINT": s3.endpoint,
        "ANALYZER_BUCKET__ACCESS_KEY": s3.access_key,
        "ANALYZER_BUCKET__SECRET_KEY": s3.secret_key,
        "ANALYZER_BUCKET__BUCKET": name,
    }


def with_password(address: str, password: str, *, user: str | None = None) -> str:
    """The same address for another login."""
    parts = urlsplit(address)
    login = parts.username if user is None else user
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login or ''}:{password}@{place}"))


def with_host(address: str, host: str) -> str:
    parts = urlsplit(address)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@{host}:{parts.port}"))


def run_to_its_end(*arguments: str, settings: Mapping[str, str]) -> Ended:
    """Of a command that ends by itself; TimeoutExpired when it does not."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
    ended = subprocess.run(
        (sys.executable, "-m", "cli.main", *arguments), cwd=ROOT, env=kept | dict(settings),
        capture_output=True, text=True, timeout=_LONGEST_S, check=False,
    )  # fmt: skip
    lines = [line.removeprefix("image-analyzer: ") for line in ended.stderr.splitlines()]
    return Ended(ended.returncode, lines, ended.stdout)

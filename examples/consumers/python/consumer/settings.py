"""What the program is told: how to read by arguments, how to reach the broker by environment."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.helpers import create_ssl_context


@dataclass(frozen=True, slots=True)
class Settings:
    """`count` and `idle_timeout_s` end the program by itself; None reads until it is told to stop.

    `remember` is how many events and how many requests are kept for comparison.
    """

    schemas: Path
    group: str
    start: str
    count: int | None
    idle_timeout_s: float | None
    remember: int
    connection: Mapping[str, Any]


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Exits with 2 and a sentence when an argument is wrong or a variable is missing."""
    parser = argparse.ArgumentParser(prog="python -m consumer", description=__doc__)
    schemas = environment.get("SCHEMAS")
    parser.add_argument("--schemas", type=Path, default=schemas, required=schemas is None)
    parser.add_argument("--group", default="ext-example-python", help="begins with ext-")
    parser.add_argument("--from", dest="start", choices=("earliest", "latest"), default="earliest")
    parser.add_argument("--count", type=int, help="end after so many accepted outcomes")
    parser.add_argument("--idle-timeout", type=float, help="end after so many seconds of silence")
    parser.add_argument("--remember", type=int, default=100_000)
    given = parser.parse_args(arguments)
    try:
        connection = _connection(environment)
    except KeyError as error:
        parser.error(f"{error.args[0]} is needed in the environment")
    return Settings(
        schemas=given.schemas,
        group=given.group,
        start=given.start,
        count=given.count,
        idle_timeout_s=given.idle_timeout,
        remember=given.remember,
        connection=connection,
    )


def _connection(environment: Mapping[str, str]) -> dict[str, Any]:
    """The same variables as the examples in other languages have."""
    protocol = environment.get("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT")
    connection: dict[str, Any] = {
        "bootstrap_servers": environment.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
        "security_protocol": protocol,
    }
    if protocol.startswith("SASL_"):
        connection |= {
            "sasl_mechanism": environment.get("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"),
            "sasl_plain_username": environment["KAFKA_SASL_USERNAME"],
            "sasl_plain_password": environment["KAFKA_SASL_PASSWORD"],
        }
    if protocol.endswith("SSL"):
        connection["ssl_context"] = create_ssl_context(cafile=environment.get("KAFKA_SSL_CA_FILE"))
    return connection

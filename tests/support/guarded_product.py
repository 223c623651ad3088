"""The product as a careful operator has it: two API processes, a user for each kind of process in
every server, and all secrets in files."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from psycopg import sql

from tests.support.kafka_rules import set_rules
from tests.support.otlp_receiver import HttpReceiver, Received
from tests.support.product_processes import ROOT, Process, Product, describe_product
from tests.support.services.ports import free_ports
from tests.support.services.stack import Stack
from topics.access import access_table

_DSN = "ANALYZER_POSTGRES__DSN"
_MASTER = "ANALYZER_WEBHOOKS__MASTER_SECRET"
_IN_FILES = (
    _DSN, "ANALYZER_API__SECRET", "ANALYZER_AUTH__SIGNING_KEY", "ANALYZER_BUCKET__ACCESS_KEY",
    "ANALYZER_BUCKET__SECRET_KEY", "ANALYZER_KAFKA__PASSWORD", "ANALYZER_REDIS__URL", _MASTER,
)  # fmt: skip
SETTINGS = {
    "ANALYZER_API__AUTH_CACHE_S": "0.5",
    "ANALYZER_API__AUTH_MISS_CACHE_S": "0.1",
    "ANALYZER_API__STREAM_PING_S": "0.2",
    "ANALYZER_API__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
    "ANALYZER_WORKER__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
    "ANALYZER_LIMITS__LOGIN_PER_MINUTE": "1000",
    "ANALYZER_LIMITS__REFUSED_PER_MINUTE": "1000",
    "ANALYZER_WEBHOOKS__ALLOW_HTTP": "true",
    "ANALYZER_LOG__LEVEL": "debug",
    "ANALYZER_TRACES__PROTOCOL": "http",
    "ANALYZER_TRACES__SAMPLE_RATIO": "1",
    "ANALYZER_TRACES__EVERY_S": "0.5",
}


@dataclass(frozen=True, slots=True)
class Guarded:
    """`secrets` are those of the configuration, by what they open; `temporary` is the folder for
    temporary files of all its processes; `exported` are the spans of every request."""

    product: Product
    second_api: Process
    secrets: Mapping[str, str]
    temporary: Path
    exported: "Exported"

    @property
    def processes(self) -> tuple[Process, ...]:
        return (self.product.api, self.second_api, self.product.detect, self.product.io)

    def command(self, *arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
        """Of the command line, as an operator runs it who owns the tables."""
        stack = self.product.stack
        kept = {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
        own = {
            _DSN: stack.postgres_dsn,
            "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap_servers,
            "ANALYZER_BUCKET__ENDPOINT": stack.s3_endpoint,
            "ANALYZER_BUCKET__ACCESS_KEY": stack.s3_access_key,
            "ANALYZER_BUCKET__SECRET_KEY": stack.s3_secret_key,
            "IMAGE_ANALYZER_KEY": self.product.api_key,
            _MASTER: self.secrets["webhook master secret"],
        }
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments], env=kept | own, cwd=ROOT, input=told,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def admin_key(self) -> str:
        """A new one of the tenant `system-test`."""
        made = self.command(
            "keys", "create", "--tenant", "system-test", "--name", "boss", "--role", "admin"
        )
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    @property
    def base_urls(self) -> tuple[str, str]:
        return self.product.base_url, self.second_api.ready_url.removesuffix("/ready")


class Exported(Received):
    """Every byte of them too."""

    def __init__(self) -> None:
        super().__init__()
        self.raw = bytearray()

    def take(self, export: ExportTraceServiceRequest, headers: Mapping[str, str]) -> None:
        self.raw += export.SerializeToString()
        super().take(export, headers)


@contextmanager
def guarded_product(stack: Stack, folder: Path) -> Iterator[Guarded]:
    exported = Exported()
    with HttpReceiver(exported) as receiver:
        yield from _running(_described(stack, folder, exported, receiver.endpoint))


def _running(described: Guarded) -> Iterator[Guarded]:
    try:
        for process in described.processes:
            process.start()
        for process in described.processes:
            process.wait_until_ready()
        yield described
    finally:
        for process in described.processes:
            process.stop()


def _described(stack: Stack, folder: Path, exported: Exported, endpoint: str) -> Guarded:
    temporary = folder / "temporary"
    temporary.mkdir()
    api_port, metrics_port = free_ports(2)
    sealing, signing, master = secrets.token_hex(24), _signing_key(), secrets.token_hex(24)
    own = {name: _kafka(stack, name) for name in ("api", "detect", "io")}
    own["api"] |= {"ANALYZER_AUTH__SIGNING_KEY": signing, "ANALYZER_API__SECRET": sealing}
    for name in ("api", "io"):
        own[name][_MASTER] = master
    settings = SETTINGS | {"TMPDIR": str(temporary), "ANALYZER_TRACES__ENDPOINT": endpoint}
    product = describe_product(stack, folder, settings=settings, own=own)
    asyncio.run(set_rules(stack.kafka.bootstrap_servers, access_table()))
    dsns = {group: _database_user(stack.postgres_dsn, group) for group in ("api", "worker")}
    for process in (product.api, product.detect, product.io):
        dsn = dsns["api" if process is product.api else "worker"]
        process.environment = _in_files({**process.environment, _DSN: dsn}, folder / process.name)
    second = replace(
        product.api,
        name="second-api",
        environment={
            **product.api.environment,
            "ANALYZER_API__PORT": str(api_port),
            "ANALYZER_METRICS__PORT": str(metrics_port),
        },
        ready_url=f"http://127.0.0.1:{api_port}/ready",
        log_file=folder / "second-api.log",
    )
    known = {
        "sealing secret": sealing,
        "signing key": signing.splitlines()[1],
        "webhook master secret": master,
        "Redis password": str(urlsplit(stack.redis_url).password),
        "S3 access key": stack.s3_access_key,
        "S3 secret key": stack.s3_secret_key,
        "owner's password": str(urlsplit(stack.postgres_dsn).password),
        **{f"{group}'s DSN": dsn for group, dsn in dsns.items()},
        **{f"{group}'s password": str(urlsplit(dsn).password) for group, dsn in dsns.items()},
        **{f"Kafka password of {name}": stack.kafka.passwords[name] for name in own},
    }
    return Guarded(product, second, known, temporary, exported)


def _kafka(stack: Stack, name: str) -> dict[str, str]:
    return {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": stack.kafka.secured_servers,
        "ANALYZER_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "ANALYZER_KAFKA__USERNAME": name,
        "ANALYZER_KAFKA__PASSWORD": stack.kafka.passwords[name],
    }


def _database_user(owner_dsn: str, group: str) -> str:
    """The DSN of a user who is in the product's role of that name."""
    name, password = f"{group}_user", secrets.token_hex(16)
    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
        sql.Identifier(name), sql.Literal(password), sql.Identifier(f"analyzer_{group}")
    )
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        connection.execute(create)
    parts = urlsplit(owner_dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:{password}@{place}"))


def _in_files(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    folder.mkdir(mode=0o700)
    found = dict(environment)
    for name in _IN_FILES:
        text = found.pop(name, None)
        if text is not None:
            file = folder / name
            file.touch(mode=0o600)
            file.write_text(text, encoding="utf-8")
            found[f"{name}_FILE"] = str(file)
    return found


def _signing_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

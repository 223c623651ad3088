"""The product's processes as a deployment starts them, and what it sets for them."""

from collections.abc import Mapping
from pathlib import Path

from tests.faults.deployment import BUCKET, REAP_AFTER_S
from tests.faults.supervised import Supervised
from tests.support.services.ports import free_ports
from tests.support.services.stack import Stack

_IO = ("admit", "fetch", "fetch-bulk", "record", "retry", "sweep")


def settings_of(servers: Stack, bootstrap_servers: str) -> dict[str, str]:
    """Every address is that of the server itself."""
    return {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers,
        "ANALYZER_POSTGRES__DSN": servers.postgres_dsn,
        "ANALYZER_REDIS__URL": servers.redis_url,
        "ANALYZER_BUCKET__ENDPOINT": servers.s3_endpoint,
        "ANALYZER_BUCKET__ACCESS_KEY": servers.s3_access_key,
        "ANALYZER_BUCKET__SECRET_KEY": servers.s3_secret_key,
        "ANALYZER_BUCKET__BUCKET": BUCKET,
        "ANALYZER_API__SECRET": "a secret of the fault harness, thirty-two",
        "ANALYZER_API__METRICS_FOR": "everybody",
        "ANALYZER_API__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
        "ANALYZER_WORKER__FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
        # Else nobody would see within a day whether orphans are reaped.
        "ANALYZER_WORKER__REAP_AFTER_S": str(REAP_AFTER_S),
        "ANALYZER_WORKER__REAP_EVERY_S": "1",
    }


def api_process(name: str, settings: Mapping[str, str], folder: Path) -> Supervised:
    return _process(name, "cli.main", ("api",), settings, folder)


def io_process(name: str, settings: Mapping[str, str], folder: Path, *others: str) -> Supervised:
    """`others` are processors that it runs besides."""
    return _process(name, "cli.main", ("worker", *_IO, *others), settings, folder)


def detect_process(name: str, settings: Mapping[str, str], folder: Path) -> Supervised:
    """With the detector that reads the number in the picture."""
    module, names = "tests.faults.detector_worker", ("detect", "detect-bulk")
    return _process(name, module, names, settings, folder)


def _process(
    name: str, module: str, arguments: tuple[str, ...], settings: Mapping[str, str], folder: Path
) -> Supervised:
    (port,) = free_ports(1)
    ports = {"ANALYZER_API__PORT": str(port), "ANALYZER_WORKER__HEALTH_PORT": str(port)}
    environment = {**settings, **ports}
    return Supervised(name, module, arguments, environment, port, folder / f"{name}.log")
